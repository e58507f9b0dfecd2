"""A town pack read from its folder, with the place of everything that is wrong in it.

    town.yaml  delays.yaml  services.yaml  categories.yaml  rules.yaml  processes.yaml
    zones/KIND.geojson  boundary.geojson

Every file may be absent; what it would say then has its default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path as FilePath
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from app.features.territories.packs.checker import Origin, check_pack
from app.features.territories.packs.issues import PackError, PackIssue, sentence
from app.features.territories.packs.schema import (
    Category,
    Delays,
    Pack,
    Process,
    RoutingRule,
    Service,
    Town,
    ZoneSet,
)
from app.features.territories.packs.yamltree import Document, Path, read_yaml
from app.features.territories.packs.zones import Placed, read_boundary, read_zones

FILES = ("town.yaml", "delays.yaml", "services.yaml", "categories.yaml", "rules.yaml", "processes.yaml")
MAX_BYTES = 50_000_000
"""Of one file."""

Model = TypeVar("Model", bound=BaseModel)


@dataclass(slots=True)
class Examination:
    """What was read. `pack` is None without a folder to read; with errors it is partial."""

    pack: Pack | None
    issues: list[PackIssue] = field(default_factory=list)

    @property
    def errors(self) -> list[PackIssue]:
        """The issues that forbid the use of the pack."""
        return [issue for issue in self.issues if issue.severity == "error"]


def read_pack(folder: FilePath | str, *, boundary: Mapping[str, Any] | None = None) -> Pack:
    """The pack of a folder. Raises PackError, with every issue at once, when it cannot be used.

    `boundary`: the territory's own area (GeoJSON geometry, WGS84), against which zones are compared.
    """
    examined = examine_pack(folder, boundary=boundary)
    if examined.pack is None or examined.errors:
        raise PackError(examined.issues)
    return examined.pack


def examine_pack(folder: FilePath | str, *, boundary: Mapping[str, Any] | None = None) -> Examination:
    """The pack of a folder with everything there is to say about it; never raises on content."""
    root = FilePath(folder)
    if not root.is_dir():
        return Examination(None, [PackIssue(str(folder), 0, "", "Name a folder that holds a town pack.")])
    if not any((root / name).exists() for name in FILES):
        message = f"Put at least one of {', '.join(FILES)} in this folder."
        return Examination(None, [PackIssue(str(folder), 0, "", message)])
    reading = _Reading(root)
    pack = reading.pack()
    issues = [*reading.issues, *check_pack(pack, boundary=boundary, origin=reading.origin)]
    return Examination(pack, sorted(set(issues)))


class _Reading:
    """One pass over a folder."""

    def __init__(self, root: FilePath) -> None:
        self.root = root
        self.issues: list[PackIssue] = []
        self.origin = Origin()

    def pack(self) -> Pack:
        town = self.one("town.yaml", Town)
        delays = self.one("delays.yaml", Delays)
        services = self.several("services.yaml", Service)
        categories = self.several("categories.yaml", Category)
        rules = self.several("rules.yaml", RoutingRule)
        processes = self.several("processes.yaml", Process)
        zones = self.zone_sets()
        self.strangers()
        return Pack(
            town=town or Town(),
            delays=delays or Delays(),
            services=services,
            categories=categories,
            rules=rules,
            processes=processes,
            zones=zones,
            boundary=self.boundary(),
        )

    def text(self, name: str) -> str | None:
        """The text of a file, or None when it is absent or unreadable."""
        file = self.root / name
        if not file.is_file():
            if file.exists():
                self.issues.append(PackIssue(name, 0, "", "Put a file here: this is a folder."))
            return None
        if file.stat().st_size > MAX_BYTES:
            self.issues.append(PackIssue(name, 0, "", "Make this file smaller: 50 MB is the most."))
            return None
        try:
            return file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            line = file.read_bytes().count(b"\n", 0, error.start) + 1
            self.issues.append(PackIssue(name, line, "", "Save this file in UTF-8: a letter cannot be read."))
            return None

    def strangers(self) -> None:
        """Files that nobody would read: what somebody decided in them would be lost without a word."""
        for file in sorted(self.root.iterdir()):
            if file.suffix.lower() not in (".yaml", ".yml", ".geojson") or file.name in (*FILES, "boundary.geojson"):
                continue
            near = get_close_matches(file.stem.lower(), [name.removesuffix(".yaml") for name in FILES], n=1)
            message = f"Rename this file to {near[0]}.yaml, or take it away" if near else "Take this file away"
            if file.suffix.lower() == ".geojson":
                message = f"Move this file to zones/{file.name}, or take it away"
            self.issues.append(
                PackIssue(file.name, 0, "", f"{message}: it is not read. A pack has {', '.join(FILES)}.")
            )

    def document(self, name: str) -> Document | None:
        text = self.text(name)
        if text is None:
            if (self.root / name).exists():
                self.origin.unread.add(name)
            return None
        document = read_yaml(text)
        if document.faults and document.value is None:
            self.origin.unread.add(name)
        for fault in document.faults:
            self.issues.append(PackIssue(name, fault.line, dotted(fault.path, document.value), fault.message))
        self.origin.documents[name] = document
        return document

    def one(self, name: str, model: type[Model]) -> Model | None:
        """A file that is one mapping."""
        document = self.document(name)
        if document is None or document.value is None:
            return None
        made = self.validated(name, document, model, document.value, ())
        if made is None:
            self.origin.unread.add(name)
        return made

    def several(self, name: str, model: type[Model]) -> tuple[Model, ...]:
        """A file that is a list; the items that are right are kept, so that the others' faults come alone."""
        document = self.document(name)
        if document is None or document.value is None:
            return ()
        if not isinstance(document.value, list):
            message = "Write a list here: each item begins with a dash."
            self.issues.append(PackIssue(name, document.line(()), "", message))
            self.origin.unread.add(name)
            return ()
        kept, places = [], []
        for index, item in enumerate(document.value):
            if isinstance(item, dict) and isinstance(item.get("slug"), str):
                self.origin.declared.setdefault(name, set()).add(item["slug"])
            made = self.validated(name, document, model, item, (index,))
            if made is not None:
                kept.append(made)
                places.append(index)
        self.origin.places[name] = tuple(places)
        return tuple(kept)

    def validated(self, name: str, document: Document, model: type[Model], data: Any, at: Path) -> Model | None:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            for detail in error.errors():
                path = (*at, *(part for part in detail["loc"] if part != "[key]"))
                known = _fields_at(model, detail["loc"][:-1])
                found = PackIssue(name, document.line(path), dotted(path, document.value), sentence(detail, known))
                self.issues.append(found)
            return None

    def zone_sets(self) -> tuple[ZoneSet, ...]:
        folder = self.root / "zones"
        sets = []
        for file in sorted(folder.glob("*.geojson")) if folder.is_dir() else ():
            name = f"zones/{file.name}"
            text = self.text(name)
            placed: list[Placed] = []
            if text is not None:
                placed, issues = read_zones(text, name)
                self.issues.extend(issues)
            self.origin.zone_lines[name] = tuple(one.line for one in placed)
            try:
                sets.append(ZoneSet(kind=file.stem, zones=tuple(one.zone for one in placed)))
            except ValidationError:
                message = "Name this file after a kind of zone: small letters, digits and dashes."
                self.issues.append(PackIssue(name, 0, "", message))
        return tuple(sets)

    def boundary(self) -> dict[str, Any] | None:
        text = self.text("boundary.geojson")
        if text is None:
            return None
        geometry, issues = read_boundary(text, "boundary.geojson")
        self.issues.extend(issues)
        return geometry


def dotted(path: Path, value: Any) -> str:
    """A path for people: `lamp-out.questions[0].type`, with the slug of an item rather than its place."""
    said = ""
    for depth, part in enumerate(path):
        value = _step(value, part)
        if isinstance(part, int):
            slug = value.get("slug") if isinstance(value, dict) else None
            if depth == 0 and isinstance(slug, str) and slug:
                said = slug
            else:
                said += f"[{part}]"
        else:
            said += f".{part}" if said else str(part)
    return said


def _step(value: Any, part: str | int) -> Any:
    try:
        return value[part]
    except (KeyError, IndexError, TypeError):
        return None


def _fields_at(model: type[BaseModel], path: tuple[str | int, ...]) -> tuple[str, ...]:
    """The field names of the model found at the end of `path`, or nothing when that is not a plain model."""
    current: type[BaseModel] | None = model
    for part in path:
        if isinstance(part, int):
            continue
        found = None if current is None else current.model_fields.get(part)
        current = None if found is None else _model_inside(found.annotation)
    if current is None:
        return ()
    return tuple(info.alias or name for name, info in current.model_fields.items())


def _model_inside(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inside in getattr(annotation, "__args__", ()):
        found = _model_inside(inside)
        if found is not None:
            return found
    return None
