"""Find a commune by what a person remembers of it: its name, its postcode, or a code with a slip."""

from __future__ import annotations

import difflib
import json
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from geodata.france.model import CommuneMatch
from geodata.text import fold

_ARCHIVE = Path(__file__).parent / "france.zip"


@dataclass(frozen=True, slots=True)
class _Line:
    folded: str
    match: CommuneMatch


def communes_matching(text: str, *, limit: int = 8) -> tuple[CommuneMatch, ...]:
    """Communes whose name or postcode resembles `text`, the likeliest and then the most populated first.

    Digits are taken as the beginning of a postcode or INSEE code. Accents, case, hyphens and "St" do not
    matter; when nothing begins with the text, near spellings are tried.
    """
    wanted = fold(text)
    if not wanted:
        return ()
    if wanted[:2].isdigit():
        found = [
            line
            for line in _index()
            if line.match.code.startswith(wanted)
            or any(postcode.startswith(wanted) for postcode in line.match.postcodes)
        ]
        return _first(found, wanted, limit)
    found = [line for line in _index() if wanted in line.folded]
    return _first(found or _near_spellings(wanted), wanted, limit)


def suggestions_for(code: str, *, limit: int = 4) -> tuple[CommuneMatch, ...]:
    """What somebody who typed this unknown code may have meant."""
    if code.isdigit() and len(code) == 4:
        code = f"0{code}"  # spreadsheets eat the first zero
    found = communes_matching(code, limit=limit)
    if found or not code[:2].isalnum() or not any(c.isdigit() for c in code):
        return found
    by_code = {line.match.code: line.match for line in _index()}
    return tuple(by_code[near] for near in difflib.get_close_matches(code, by_code, n=limit, cutoff=0.8))


def _first(lines: list[_Line], wanted: str, limit: int) -> tuple[CommuneMatch, ...]:
    def rank(line: _Line) -> tuple[int, int, str]:
        exact = line.folded == wanted or line.match.code == wanted.upper()
        starts = line.folded.startswith(wanted)
        inside = f" {wanted}" in f" {line.folded}"
        return (
            0 if exact else 1 if starts else 2 if inside else 3,
            -(line.match.population or 0),
            line.folded,
        )

    return tuple(line.match for line in sorted(lines, key=rank)[:limit])


def _near_spellings(wanted: str) -> list[_Line]:
    by_name: dict[str, list[_Line]] = {}
    for line in _index():
        # A slip rarely touches the first letter; keeping it makes this eight times faster.
        if line.folded[0] == wanted[0] and abs(len(line.folded) - len(wanted)) <= 3:
            by_name.setdefault(line.folded, []).append(line)
    near = difflib.get_close_matches(wanted, by_name, n=8, cutoff=0.75)
    return [line for name in near for line in by_name[name]]


@cache
def _index() -> tuple[_Line, ...]:
    with zipfile.ZipFile(_ARCHIVE) as archive:
        rows = json.loads(archive.read("index.json"))
    return tuple(
        _Line(fold(name), CommuneMatch(code, name, tuple(postcodes), population))
        for code, name, postcodes, population in rows
    )
