"""Identities of hotspots between two runs, as properties over any clusters."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.features.planning.hotspots import Rule, rule_for
from app.features.planning.identity import succession

Clusters = list[set[int]]


@st.composite
def partitions(draw: st.DrawFn) -> Clusters:
    """Disjoint sets of members, as clusters are."""
    labels = draw(st.lists(st.integers(0, 6), max_size=60))
    groups: dict[int, set[int]] = {}
    for member, label in enumerate(labels):
        if label:
            groups.setdefault(label, set()).add(member)
    return list(groups.values())


def by_id(clusters: Clusters) -> dict[int, set[int]]:
    return {100 + number: members for number, members in enumerate(clusters)}


@given(partitions(), partitions(), st.randoms(use_true_random=False))
def test_order_changes_nothing(before: Clusters, now: Clusters, dice: Any) -> None:
    hotspots = by_id(before)
    order = list(range(len(now)))
    dice.shuffle(order)
    mixed = dict(sorted(hotspots.items(), key=lambda _: dice.random()))
    straight, shuffled = succession(hotspots, now), succession(mixed, [now[i] for i in order])
    assert {order[cluster]: hotspot for cluster, hotspot in shuffled.kept.items()} == straight.kept
    assert {order[cluster]: hotspot for cluster, hotspot in shuffled.split.items()} == straight.split
    assert {hotspot: order[cluster] for hotspot, cluster in shuffled.merged.items()} == straight.merged
    assert {order[cluster] for cluster in shuffled.appeared} == straight.appeared
    assert shuffled.ended == straight.ended


@given(partitions(), partitions())
def test_each_has_exactly_one_fate(before: Clusters, now: Clusters) -> None:
    fate = succession(by_id(before), now)
    assert sorted([*fate.kept, *fate.split, *fate.appeared]) == list(range(len(now)))
    assert sorted([*fate.kept.values(), *fate.merged, *fate.ended]) == sorted(by_id(before))
    assert len(set(fate.kept.values())) == len(fate.kept)


@given(partitions())
def test_nothing_new_keeps_everyone(clusters: Clusters) -> None:
    fate = succession(by_id(clusters), clusters)
    assert fate.kept == dict(enumerate(by_id(clusters)))
    assert not (fate.appeared or fate.split or fate.merged or fate.ended)


@given(partitions(), partitions())
def test_who_shares_nothing_has_nothing_to_do_with_it(before: Clusters, now: Clusters) -> None:
    fate = succession(by_id(before), now)
    everyone_before, everyone_now = set().union(*before), set().union(*now)
    assert fate.appeared == {i for i, members in enumerate(now) if not members & everyone_before}
    assert fate.ended == {id_ for id_, members in by_id(before).items() if not members & everyone_now}


def test_the_larger_part_of_a_split_is_the_heir() -> None:
    fate = succession({7: set(range(10))}, [{0, 1, 2}, {4, 5, 6, 7, 8, 9}])
    assert fate.kept == {1: 7}
    assert fate.split == {0: 7}


def test_a_merge_keeps_who_gave_most_and_points_the_other_to_it() -> None:
    fate = succession({1: {0, 1}, 2: {5, 6, 7}}, [set(range(9))])
    assert fate.kept == {0: 2}
    assert fate.merged == {1: 0}


def test_equal_parts_go_to_the_oldest() -> None:
    assert succession({9: {3, 4}, 4: {1, 2}}, [{1, 2, 3, 4}]).kept == {0: 4}
    assert succession({9: {1, 2, 3, 4}}, [{3, 4}, {1, 2}]).kept == {1: 9}


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({}, Rule(60, 70.0, 5)),
        ({"hotspots": {"window_days": 30}}, Rule(30, 70.0, 5)),
        (
            {"hotspots": {"window_days": 30, "categories": {"depots": {"radius_m": 120, "min_points": 8}}}},
            Rule(30, 120, 8),
        ),
        ({"hotspots": {"categories": {"other": {"radius_m": 120}}}}, Rule()),
        ({"hotspots": {"window_days": -1, "radius_m": "large", "min_points": 1}}, Rule(60, 70.0, 3)),
        ({"hotspots": ["nonsense"]}, Rule()),
        ({"hotspots": {"categories": {"depots": 3}, "min_points": True}}, Rule()),
    ],
)
def test_a_town_decides_category_by_category(settings: dict[str, Any], rule: Rule) -> None:
    assert rule_for(settings, "depots") == rule
