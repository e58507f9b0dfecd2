"""Made-up contributions of a town, as the vector tiles that the map asks for, as the server makes them.

Cells up to zoom 15; from 16 on points, and cells of crowds.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from app.features.contributions.supporting import bubble_size
from app.features.contributions.tiles import CROWD, FIRST_POINTS

KINDS = ("problem", "praise", "proposal")
CELLS = 8
EXTENT = 4096
FINEST = CELLS << 15
"""How many cells of the finest level lie side by side around the world."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One contribution. `x` and `y` are Web Mercator in [0, 1)."""

    ref: str
    kind: str
    state: str
    x: float
    y: float
    score: int = 0
    """Of an idea: the sum of its votes."""


def mercator(lon: float, lat: float) -> tuple[float, float]:
    """Position in the unit square of Web Mercator."""
    s = math.sin(math.radians(lat))
    return (lon + 180) / 360, 0.5 - math.log((1 + s) / (1 - s)) / (4 * math.pi)


class Town:
    """A few hundred contributions, dense around some streets, always the same."""

    def __init__(
        self, center: tuple[float, float], bounds: tuple[float, float, float, float], count: int = 1500
    ) -> None:
        dice = random.Random(4817)
        west, south, east, north = bounds
        hearts = [center] + [(dice.uniform(west, east), dice.uniform(south, north)) for _ in range(14)]
        self.things = []
        for i in range(count):
            lon, lat = dice.choice(hearts)
            spread = (east - west) * dice.choice((0.008, 0.02, 0.06))
            x, y = mercator(dice.gauss(lon, spread), dice.gauss(lat, spread * 0.7))
            kind = dice.choices(KINDS, (6, 2, 3))[0]
            state = dice.choice(("routed", "active", "done", "done", "planned"))
            score = (i * i) % 400 if kind == "proposal" and i % 3 else 0
            self.things.append(Thing(f"BAY-{1000 + i}", kind, state, x, y, score))

    def tile(self, z: int, x: int, y: int, kinds: Collection[str]) -> list[dict[str, Any]]:
        """Layers of one tile."""
        n = 2**z
        inside = [t for t in self.things if t.kind in kinds and int(t.x * n) == x and int(t.y * n) == y]
        if z < FIRST_POINTS:
            return [{"name": "cells", "features": self._cells(inside, n, x, y)}]
        fine: dict[tuple[int, int], list[Thing]] = {}
        for t in self.things:
            if t.kind in kinds:
                fine.setdefault((int(t.x * FINEST), int(t.y * FINEST)), []).append(t)
        crowds = [group for group in fine.values() if len(group) > CROWD << 2 * (z - FIRST_POINTS)]
        crowded = {t.ref for group in crowds for t in group}
        cells = [self._cell(group, n, x, y) for group in crowds if any(t in inside for t in group)]
        alone = self._points([t for t in inside if t.ref not in crowded], n, x, y)
        return [{"name": "cells", "features": cells}, {"name": "points", "features": alone}]

    def _points(self, things: list[Thing], n: int, x: int, y: int) -> list[dict[str, Any]]:
        return [
            {
                "geometry": f"POINT({(t.x * n - x) * EXTENT:.0f} {(1 - (t.y * n - y)) * EXTENT:.0f})",
                "properties": {"ref": t.ref, "kind": t.kind, "category": "lamp", "state": t.state}
                | ({"bubble": bubble_size(t.score)} if t.score else {}),
            }
            for t in things
        ]

    def _cells(self, things: list[Thing], n: int, x: int, y: int) -> list[dict[str, Any]]:
        cells: dict[tuple[int, int], list[Thing]] = {}
        for t in things:
            cells.setdefault((int((t.x * n - x) * CELLS), int((t.y * n - y) * CELLS)), []).append(t)
        return [self._cell(group, n, x, y) for group in cells.values()]

    def _cell(self, group: list[Thing], n: int, x: int, y: int) -> dict[str, Any]:
        mx = sum(t.x * n - x for t in group) / len(group)
        my = sum(t.y * n - y for t in group) / len(group)
        properties: dict[str, Any] = {k: sum(t.kind == k for t in group) for k in KINDS}
        properties |= {"n": len(group), "done": sum(t.state == "done" for t in group)}
        if len(group) == 1:
            properties |= {"ref": group[0].ref, "kind": group[0].kind, "state": group[0].state}
        return {"geometry": f"POINT({mx * EXTENT:.0f} {(1 - my) * EXTENT:.0f})", "properties": properties}
