"""Read communes, intercommunalities and départements from the bundled archive, one département at a time."""

from __future__ import annotations

import json
import re
import zipfile
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from shapely import MultiPolygon, Point

from geodata import twkb
from geodata.france.model import (
    Commune,
    CommunePart,
    Departement,
    Epci,
    OpeningHours,
    TownHall,
    UnknownCommune,
    UnknownDepartement,
    UnknownEpci,
)
from geodata.france.search import communes_matching, suggestions_for

ARCHIVE = Path(__file__).parent / "france.zip"

#: Clocks overseas; every other département keeps Paris time.
OVERSEAS_TIME_ZONES = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
}
#: Saint-Pierre-et-Miquelon, Saint-Barthélemy, Saint-Martin, the Pacific and the southern islands.
COLLECTIVITIES = frozenset({"975", "977", "978", "984", "986", "987", "988", "989"})
_CODE = re.compile(r"(?:\d\d|2[AB])\d{3}")


def time_zone(departement: str) -> str:
    """The IANA time zone of a département's code ("64" → "Europe/Paris")."""
    return OVERSEAS_TIME_ZONES.get(departement, "Europe/Paris")


def commune(code: str) -> Commune:
    """The commune of an INSEE code such as "64102".

    Raises UnknownCommune, with suggestions, for a postcode, a former commune, an arrondissement or a
    mistyped code.
    """
    wanted = code.strip().upper()
    if _CODE.fullmatch(wanted):
        departement = departement_of(wanted)
        record = _communes(departement).get(wanted) if departement in _departements() else None
        if record is not None:
            return _commune(departement, record)
    raise _unknown_commune(code, wanted)


def _unknown_commune(code: str, wanted: str) -> UnknownCommune:
    suggestions = suggestions_for(wanted)
    parent = _parent_of_part(wanted)
    if parent is not None:
        inner, outer = parent
        return UnknownCommune(
            f"{wanted} is {inner}, a part of {outer['code']} {outer['name']}: ask for that commune.",
            tuple(match for match in communes_matching(outer["name"]) if match.code == outer["code"]),
        )
    hint = ""
    if wanted[:3] in COLLECTIVITIES:
        suggestions, hint = (), " The open data has no overseas collectivity: give its boundary with --boundary."
    elif suggestions:
        hint = " Did you mean " + ", ".join(str(match) for match in suggestions[:4]) + "?"
    return UnknownCommune(f"No commune of France has the INSEE code {code!r}.{hint}", suggestions)


def _parent_of_part(wanted: str) -> tuple[str, dict[str, Any]] | None:
    """The name of the part of this code, and the commune that contains it."""
    if not _CODE.fullmatch(wanted) or departement_of(wanted) not in _departements():
        return None
    for record in _communes(departement_of(wanted)).values():
        for part in record["parts"]:
            if part["code"] == wanted:
                return part["name"], record
    return None


def epci(siren: str) -> Epci:
    """The intercommunality of a SIREN number such as "200067106"; UnknownEpci otherwise."""
    found = _document("epci.json").get(re.sub(r"\s", "", siren))
    if found is None:
        raise UnknownEpci(f"No intercommunality with its own taxes has the SIREN number {siren!r}.")
    name, kind, codes = found
    return Epci(siren=re.sub(r"\s", "", siren), name=name, kind=kind, communes=tuple(codes))


def departement(code: str) -> Departement:
    """The département of a code such as "64", "2A" or "973"; UnknownDepartement otherwise."""
    wanted = code.strip().upper()
    found = _departements().get(wanted) or _departements().get(wanted.zfill(2))
    if found is None:
        raise UnknownDepartement(f"No département of France has the code {code!r}.")
    wanted = wanted if wanted in _departements() else wanted.zfill(2)
    name, region, codes = found
    return Departement(wanted, name, region, tuple(codes), time_zone(wanted))


def departement_of(code: str) -> str:
    """The département's code inside an INSEE code: two characters, three overseas."""
    return code[:3] if code.startswith(("97", "98")) else code[:2]


def _commune(departement: str, record: dict[str, Any]) -> Commune:
    parts = tuple(
        CommunePart(
            code=part["code"],
            name=part["name"],
            genitive=part["genitive"],
            population=part["population"],
            town_hall=_town_hall(part),
            _read_boundary=partial(_boundary, departement, part["boundary"]),
            kind=part["kind"],
            parent=record["code"],
        )
        for part in record["parts"]
    )
    return Commune(
        code=record["code"],
        name=record["name"],
        genitive=record["genitive"],
        population=record["population"],
        town_hall=_town_hall(record),
        _read_boundary=partial(_boundary, departement, record["boundary"]),
        siren_epci=record["epci"],
        departement=departement,
        postcodes=tuple(record["postcodes"]),
        time_zone=time_zone(departement),
        parts=parts,
    )


def _town_hall(record: dict[str, Any]) -> TownHall | None:
    hall = record["hall"]
    if hall is None:
        return None
    point = hall.get("point")
    return TownHall(
        name=f"Mairie {record['genitive']}",
        postal_address=hall["address"],
        email=hall.get("email", ""),
        phone=hall.get("phone", ""),
        website=hall.get("website", ""),
        hours=tuple(
            OpeningHours(first, last, tuple((opens, closes) for opens, closes in spans))
            for first, last, spans in hall.get("hours", ())
        ),
        point=Point(point) if point else None,
    )


def _boundary(departement: str, extent: list[int] | None) -> MultiPolygon | None:
    if extent is None:
        return None
    offset, length = extent
    return twkb.decode(_boundaries(departement)[offset : offset + length])


def _read(name: str) -> bytes:
    """One file of the archive. It is opened anew each time (a millisecond): an open file shared by forked workers
    would share its position too.
    """
    with zipfile.ZipFile(ARCHIVE) as archive:
        return archive.read(name)


@cache
def _document(name: str) -> Any:
    return json.loads(_read(name))


def _departements() -> dict[str, Any]:
    found: dict[str, Any] = _document("departements.json")
    return found


@lru_cache(maxsize=8)
def _communes(departement: str) -> dict[str, dict[str, Any]]:
    records = json.loads(_read(f"departements/{departement}.json"))
    return {record["code"]: record for record in records}


@lru_cache(maxsize=8)
def _boundaries(departement: str) -> bytes:
    return _read(f"departements/{departement}.twkb")
