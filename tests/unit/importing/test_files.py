"""A file that cannot be read is refused as a whole, in words that say what to change."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from app.importing.errors import ImportStopped
from app.importing.files import RawRow, Table
from app.importing.mapping import Mapping

MAPPING = Mapping.model_validate(
    {
        "source": "a-town",
        "name": "A tool",
        "publisher": "A town",
        "licence": "CC0",
        "attribution": "A town",
        "columns": {"id": "id", "created": "day", "place": {"lon": "lon", "lat": "lat"}},
        "category": {"columns": ["type"], "map": {"*": "other"}},
    }
)
HEADER = "id,day,type,lon,lat\n"


def rows(path: Path, content: str | bytes, mapping: Mapping = MAPPING) -> list[RawRow]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    table = Table(path, mapping)
    try:
        return list(table.rows())
    finally:
        table.close()


def stopped(path: Path, content: str | bytes) -> str:
    with pytest.raises(ImportStopped) as said:
        rows(path, content)
    return str(said.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "town.csv"


def test_rows_come_with_their_line_and_their_own_text(file: Path) -> None:
    read = rows(file, HEADER + '1,2024-01-01,"a\nb",2,48\r\n\n2,2024-01-02,c,2,48')
    assert [(row.line, row.fields[2], row.raw) for row in read] == [
        (2, "a\nb", '1,2024-01-01,"a\nb",2,48'),
        (5, "c", "2,2024-01-02,c,2,48"),
    ]
    assert all(row.fault is None for row in read)


def test_a_mark_of_utf_8_is_no_part_of_the_first_name(file: Path) -> None:
    assert len(rows(file, b"\xef\xbb\xbf" + HEADER.encode() + b"1,2024-01-01,a,2,48\n")) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (HEADER.replace(",", ";") + "1;2024-01-01;a;2;48\n", ["looks like a semicolon", "delimiter: ';'"]),
        (HEADER.replace(",", "\t") + "x\n", ["looks like a tab", r"delimiter: '\t'"]),
        ("id,day,type,long,lat\n", ["no column “lon” (columns.place.lon)", "Did you mean “long”?", "id, day, type"]),
        ("id,day,type,lon,lat,id\n", ["two columns are called “id”"]),
        ("", ["is empty"]),
        ("\n\n", ["is empty"]),
        (HEADER.encode("utf-16"), ["UTF-16", "encoding: utf-16"]),
        (b"PK\x03\x04rest", ["ZIP archive"]),
        (
            HEADER.encode() + "1,2024-01-01,Propreté,2,48\n".encode("windows-1252"),
            ["line 2", "not UTF-8", "“…1,2024-01-01,Propreté,2,48…”", "encoding: windows-1252"],
        ),
        (
            gzip.compress((HEADER + "1,2024-01-01,a,2,48\n" * 5000).encode(), mtime=0)[:-20],
            ["cut off", "Nothing was imported"],
        ),
        (gzip.compress(HEADER.encode(), mtime=0)[:15], ["cut off"]),
    ],
)
def test_what_stops_a_whole_file(file: Path, content: str | bytes, words: list[str]) -> None:
    said = stopped(file, content)
    assert said.startswith("town.csv")
    for part in words:
        assert part in said


def test_the_encoding_of_the_mapping_is_used(file: Path) -> None:
    mapping = MAPPING.model_copy(update={"file": MAPPING.file.model_copy(update={"encoding": "windows-1252"})})
    read = rows(file, HEADER.encode() + "1,2024-01-01,Propreté,2,48\n".encode("windows-1252"), mapping)
    assert read[0].fields[2] == "Propreté"


def test_a_row_that_cannot_be_split_is_a_row_with_a_fault(file: Path) -> None:
    long = '3,"' + "x" * 140_000
    read = rows(file, HEADER + f"1,2024-01-01,a\n2,2024-01-01,a\x00b,2,48\n{long}\n4,2024-01-01,d,2,48\n")
    assert [row.fault is None for row in read] == [False, False, False, True]
    assert read[0].fault == "It has 3 columns, the header has 5."
    assert "NUL" in (read[1].fault or "")
    assert "cannot be split" in (read[2].fault or "")
    assert read[3].line == 5


def test_gzip_is_recognised_by_its_content(file: Path) -> None:
    assert len(rows(file, gzip.compress((HEADER + "1,2024-01-01,a,2,48\n").encode()))) == 1


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("open_row", ['2,2026-01-02,"Un trou,-1.4,43.4', '2,2026-01-02,trou,-1.4,"43.4'])
def test_a_quotation_mark_that_is_never_closed_takes_no_row_with_it_in_silence(
    file: Path, open_row: str, end: str
) -> None:
    after = f"3,2026-01-03,trou,-1.4,43.4\n4,2026-01-04,trou,-1.4,43.4{end}"
    first, swallowed = rows(file, f"{HEADER}1,2026-01-01,trou,-1.4,43.4\n{open_row}\n{after}")
    assert (first.fields[0], first.fault) == ("1", None)
    assert (swallowed.line, swallowed.fault) == (
        3,
        "A quotation mark is never closed: all 3 lines from here were read as one.",
    )
    assert "4,2026-01-04" in swallowed.raw


def test_a_last_row_on_two_lines_is_a_row(file: Path) -> None:
    (only,) = rows(file, f'{HEADER}1,2026-01-01,"trou\nprofond",-1.4,43.4')
    assert (only.fields[2], only.fault) == ("trou\nprofond", None)
