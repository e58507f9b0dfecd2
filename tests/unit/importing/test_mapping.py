"""A mapping says what it means, and what is wrong in it is said with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.features.territories.adding import DEFAULT_PACK
from app.features.territories.packs.reader import read_pack
from app.importing.errors import ImportStopped
from app.importing.mapping import SHIPPED, Mapping, read_mapping

GOOD = """\
source: a-town
name: A tool
publisher: A town
licence: CC0
attribution: A town (CC0)
columns:
  id: id
  created: day
  place: {lon: lon, lat: lat}
category:
  columns: [type]
  map: {"*": other}
"""


def read(tmp_path: Path, text: str) -> Mapping:
    path = tmp_path / "mapping.yaml"
    path.write_text(text, encoding="utf-8")
    return read_mapping(path)


def fault(tmp_path: Path, text: str) -> str:
    with pytest.raises(ImportStopped) as stopped:
        read(tmp_path, text)
    return str(stopped.value)


def test_short_forms_and_defaults(tmp_path: Path) -> None:
    mapping = read(tmp_path, GOOD)
    assert mapping.columns.created.column == "day"
    assert (mapping.kind.default, mapping.channel.default, mapping.state.default) == ("problem", "import", "new")
    assert mapping.file.delimiter == ","


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("licence: CC0\n", "", 1, "licence: Add “licence”"),
        ("  id: id\n", "  id: id\n  idd: id\n", 8, "columns.idd: Remove “idd”"),
        ("{lon: lon, lat: lat}", "{lon: lon}", 9, "columns.place: Give either lon and lat, or point."),
        ("source: a-town", "source: A town", 1, "source: Write a slug"),
        ("  created: day", "  created: {column: day, timezone: Mars/Olympus}", 8, "Write a time zone"),
        ("name: A tool", "name: A tool\nname: Another", 3, "Remove one of the two “name”"),
        ("name: A tool", "name: A tool\nstate: {column: s, map: {x: ended}}", 1, "Under “state”"),
        ("name: A tool", "name: A tool\nstate: done", 1, "needs the column that says when"),
        ("name: A tool", "name: A tool\nfile: {encoding: latin-99}", 3, "Write an encoding"),
    ],
)
def test_a_fault_is_said_with_file_line_and_field(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    assert old in GOOD
    said = fault(tmp_path, GOOD.replace(old, new))
    assert f"mapping.yaml:{line}:" in said
    assert words in said


def test_an_unknown_name_tells_those_that_come_with_the_house() -> None:
    with pytest.raises(ImportStopped, match="losangeles, paris, zurich"):
        read_mapping("atlantis")


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.yaml")))
def test_ours_name_categories_of_the_default_pack(name: str) -> None:
    mapping = read_mapping(name)
    pack = read_pack(DEFAULT_PACK)
    leaves = {category.slug for category in pack.categories} - {category.parent for category in pack.categories}
    assert set(mapping.category.map.values()) <= leaves
    assert mapping.attribution and mapping.licence
