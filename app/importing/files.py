"""A delimited file, plain or gzipped, read line by line: what is wrong with it as a whole is said before any row."""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from app.importing.errors import ImportStopped
from app.importing.mapping import FileForm, Mapping

DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it stands: its first line (from 1), its fields, its own text. `fault` says why it cannot be split."""

    line: int
    fields: list[str]
    raw: str
    fault: str | None = None


class Table:
    """The header and the rows of a file. `position()` is the number of bytes read of the file as it is on disk.

    Raises ImportStopped: empty, cut off, another encoding, another delimiter, a column missing.
    """

    def __init__(self, path: Path, mapping: Mapping) -> None:
        self.path, self.form = path, mapping.file
        self._stack: list[str] = []
        self._line = 0
        self._ended = False
        try:
            self.size = path.stat().st_size
            self._disk: IO[bytes] = path.open("rb")
        except OSError as error:
            raise ImportStopped(f"{path}: {error.strerror}.") from None
        zipped = self._disk.read(2) == b"\x1f\x8b"
        self._disk.seek(0)
        source = cast(IO[bytes], gzip.GzipFile(fileobj=self._disk) if zipped else self._disk)
        lines = self._kept(_lines(path, source, self.form))
        self._reader = csv.reader(lines, delimiter=self.form.delimiter, quotechar=self.form.quote)
        try:
            self.header = self._header(mapping)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._disk.close()

    def position(self) -> int:
        return self._disk.tell()

    def _kept(self, lines: Iterator[str]) -> Iterator[str]:
        """The lines, each remembered until its row is complete."""
        for line in lines:
            self._line += 1
            self._stack.append(line)
            yield line
        self._ended = True

    def _taken(self) -> str:
        raw = "".join(self._stack)
        self._stack.clear()
        return raw.rstrip("\r\n")

    def _header(self, mapping: Mapping) -> list[str]:
        header = next(self._reader, None)
        while header is not None and not header:
            header = next(self._reader, None)
        self.header_text = self._taken()
        if header is None:
            raise ImportStopped(f"{self.path.name} is empty: there is not even a line of column names.")
        names = [name.strip() for name in header]
        check_header(self.path.name, names, self.header_text, mapping)
        return names

    def rows(self) -> Iterator[RawRow]:
        """Every row after the header; empty lines are passed over."""
        width = len(self.header)
        while True:
            first = self._line + 1
            try:
                fields = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield RawRow(first, [], self._taken(), f"The row cannot be split into columns ({error}).")
                continue
            raw = self._taken()
            if self._ended:
                # The reader asks for a line after the last one only where a quotation mark is still open.
                said = (
                    f"A quotation mark is never closed: all {self._line - first + 1} lines from here were read as one."
                )
                yield RawRow(first, fields, raw, said)
            elif "\x00" in raw:
                yield RawRow(first, fields, raw, "It contains a NUL character, which cannot be kept.")
            elif len(fields) == width:
                yield RawRow(first, fields, raw)
            elif fields:
                hint = " A quotation mark may be missing." if "\n" in raw else ""
                said = f"It has {len(fields)} columns, the header has {width}.{hint}"
                yield RawRow(first, fields, raw, said)


def _lines(path: Path, source: IO[bytes], form: FileForm) -> Iterator[str]:
    """Decoded lines with their ends."""
    encoding = "utf-8" if form.encoding.lower() in ("utf-8", "utf8") else form.encoding
    wide = encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32"))
    try:
        if wide:
            yield from io.TextIOWrapper(source, encoding=encoding, newline="\n")
            return
        for number, line in enumerate(source, 1):
            if number == 1:
                _check_start(path, line)
                line = line.removeprefix(b"\xef\xbb\xbf") if encoding == "utf-8" else line
            try:
                yield line.decode(encoding)
            except UnicodeDecodeError as error:
                raise ImportStopped(_encoding_words(path, number, line, error, encoding)) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ImportStopped(
            f"{path.name} is damaged or cut off: its compressed content ends too early ({error}). "
            "Nothing was imported; fetch the file again."
        ) from None
    except UnicodeError as error:
        raise ImportStopped(f"{path.name} cannot be read as {encoding}: {error}.") from None


def _check_start(path: Path, line: bytes) -> None:
    if line.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ImportStopped(f"{path.name} looks like UTF-16: write `encoding: utf-16` under `file` in the mapping.")
    if line.startswith(b"PK\x03\x04"):
        raise ImportStopped(f"{path.name} is a ZIP archive or a spreadsheet: give the CSV inside it.")


def _encoding_words(path: Path, number: int, line: bytes, error: UnicodeDecodeError, encoding: str) -> str:
    said = f"{path.name}, line {number}: this is not {encoding.upper()}."
    try:
        other = line.decode("windows-1252").strip()
    except UnicodeDecodeError:
        return f"{said} Byte {error.start + 1} of the line is 0x{line[error.start]:02x}; save the file in UTF-8."
    at = len(line[: error.start].decode("windows-1252", "replace"))
    shown = other[max(0, at - 20) : at + 20]
    return (
        f"{said} As Windows-1252 it would say “…{shown}…”: if that is right, write "
        "`encoding: windows-1252` under `file` in the mapping."
    )


def check_header(file: str, names: Sequence[str], line: str, mapping: Mapping) -> None:
    """Whether the columns that the mapping names are there. Raises ImportStopped."""
    missing = [(field, name) for field, name in mapping.column_names() if name not in names]
    if missing:
        wanted = {name for _, name in mapping.column_names()}
        for other, called in DELIMITERS.items():
            if other != mapping.file.delimiter and len(wanted & set(_split(line, other))) > len(wanted & set(names)):
                raise ImportStopped(
                    f"{file}: this looks like {called} (“{other}”) between the columns: write "
                    f"`delimiter: {other!r}` under `file` in the mapping."
                )
        raise ImportStopped("\n".join(_missing_words(file, field, name, names) for field, name in missing))
    twice = sorted({name for name in names if names.count(name) > 1 and name})
    if twice:
        raise ImportStopped(f"{file}: two columns are called “{twice[0]}”; rename one.")


def _split(line: str, delimiter: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]


def _missing_words(file: str, field: str, name: str, names: Sequence[str]) -> str:
    lower: dict[str, str] = {known.lower(): known for known in names}
    near = difflib.get_close_matches(name.lower(), list(lower), n=1, cutoff=0.5)
    hint = f" Did you mean “{lower[near[0]]}”?" if near else ""
    return f"{file}: there is no column “{name}” ({field}).{hint} The columns are: {', '.join(names)}."
