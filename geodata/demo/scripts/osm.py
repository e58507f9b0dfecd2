"""Take the demo's OpenStreetMap data out of their archive, as shapes with tags."""

from __future__ import annotations

import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shapely import Polygon
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geodata.geometry import as_multipolygon

EXTRACT = "tests/test_files/monaco.osm.pbf"
#: Cached answers of Nominatim, OpenStreetMap's search: one of them is Monaco's whole boundary (relation 2220322),
#: of which the extract lacks a line.
SEARCHES = "tests/test_files/geocoding_cache/"
MONACO_RELATION = 2220322


@dataclass(frozen=True, slots=True)
class Element:
    """One OpenStreetMap object: its id (`n1`, `w1`, `a2` for an area), tags, and shape in degrees."""

    id: str
    tags: dict[str, str]
    shape: BaseGeometry

    def has(self, key: str, *values: str) -> bool:
        """Whether the tag is there, with one of `values` when any are given."""
        return key in self.tags and (not values or self.tags[key] in values)

    @property
    def is_area(self) -> bool:
        return self.shape.geom_type == "MultiPolygon"

    @property
    def is_line(self) -> bool:
        return self.shape.geom_type == "LineString"


def read(sdist: Path) -> tuple[list[Element], Polygon]:
    """Every tagged object of the extract, and Monaco's boundary, harbours included."""
    with tempfile.TemporaryDirectory() as name, tarfile.open(sdist) as archive:
        extract = Path(name) / "monaco.osm.pbf"
        extract.write_bytes(_member(archive, EXTRACT))
        answers = [m.name for m in archive.getmembers() if SEARCHES in m.name and m.name.endswith(".json")]
        boundary = _monaco(json.loads(_member(archive, path)) for path in sorted(answers))
        return _export(extract), boundary


def _member(archive: tarfile.TarFile, ending: str) -> bytes:
    path = next(member for member in archive.getnames() if member.endswith(ending))
    file = archive.extractfile(path)
    if file is None:
        raise SystemExit(f"{path} is not a file.")
    return file.read()


def _export(extract: Path) -> list[Element]:
    target = extract.with_suffix(".geojsonseq")
    options = ["-f", "geojsonseq", "-x", "print_record_separator=false", "--add-unique-id=type_id"]
    subprocess.run(["osmium", "export", extract, *options, "-o", target], check=True)
    elements = []
    for line in target.read_text().splitlines():
        member = json.loads(line)
        elements.append(Element(member["id"], member["properties"], shape(member["geometry"])))
    return sorted(elements, key=lambda element: (element.id[0], int(element.id[1:])))


def _monaco(answers: Iterable[object]) -> Polygon:
    for found in answers:
        for place in found if isinstance(found, list) else ():
            if isinstance(place, dict) and place.get("osm_id") == MONACO_RELATION:
                # The second piece is a breakwater off Larvotto.
                return max(as_multipolygon(shape(place["geojson"])).geoms, key=lambda polygon: polygon.area)
    raise SystemExit(f"No cached search holds relation {MONACO_RELATION}, Monaco's boundary.")
