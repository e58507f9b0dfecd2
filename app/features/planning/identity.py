"""Who is who between two runs: clusters of today are given the identities of yesterday's by the members they share.

Pure sets, no database. The answer does not depend on the order in which clusters or members are listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Succession:
    """What became of each hotspot, and where each cluster comes from (clusters by their position)."""

    kept: dict[int, int] = field(default_factory=dict)
    """Cluster to the hotspot that goes on in it."""
    appeared: frozenset[int] = frozenset()
    """Clusters that share no member with any hotspot."""
    split: dict[int, int] = field(default_factory=dict)
    """Cluster to the hotspot it broke from, whose heir is another cluster."""
    merged: dict[int, int] = field(default_factory=dict)
    """Hotspot to the cluster that swallowed it, in which another hotspot goes on."""
    ended: frozenset[int] = frozenset()
    """Hotspots of which no member is in a cluster any more."""


def succession(before: Mapping[int, AbstractSet[int]], now: Sequence[AbstractSet[int]]) -> Succession:
    """Match hotspots (`before`, members by id) with clusters (`now`), the closest pairs first.

    Closest: most shared members, then the highest Jaccard index, then the oldest hotspot, then the cluster with the
    smallest member. So the larger part of a split is the heir, and the hotspot that gave most survives a merge.
    """
    home = {member: cluster for cluster, members in enumerate(now) for member in members}
    shared: dict[tuple[int, int], int] = {}
    for hotspot, members in before.items():
        for member in members:
            if member in home:
                pair = (hotspot, home[member])
                shared[pair] = shared.get(pair, 0) + 1
    first = [min(members, default=0) for members in now]

    def closeness(pair: tuple[int, int]) -> tuple[float, ...]:
        hotspot, cluster = pair
        together = shared[pair]
        jaccard = together / (len(before[hotspot]) + len(now[cluster]) - together)
        return -together, -jaccard, hotspot, first[cluster]

    kept: dict[int, int] = {}
    heirs: dict[int, int] = {}
    split: dict[int, int] = {}
    merged: dict[int, int] = {}
    ranked = sorted(shared, key=closeness)
    for hotspot, cluster in ranked:
        if cluster not in kept and hotspot not in heirs:
            kept[cluster], heirs[hotspot] = hotspot, cluster
    for hotspot, cluster in ranked:
        if cluster not in kept:
            split.setdefault(cluster, hotspot)
        if hotspot not in heirs:
            merged.setdefault(hotspot, cluster)
    return Succession(
        kept=kept,
        appeared=frozenset(range(len(now))) - kept.keys() - split.keys(),
        split=split,
        merged=merged,
        ended=frozenset(before) - heirs.keys() - merged.keys(),
    )
