"""A town pack written to a folder, so that reading it gives the same pack and the same bytes again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from app.features.territories.packs.schema import Pack, Zone
from app.features.territories.packs.zones import plain_geometry


class _Row(list[Any]):
    """A list of short things, written on one line where they fit."""


class _Dumper(yaml.SafeDumper):
    """Block style, lists indented under their key, long texts as blocks."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        """A value said twice is written twice: packs know no anchors."""
        return True


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _row(dumper: _Dumper, items: _Row) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_Row, _row)


def pack_files(pack: Pack) -> dict[str, str]:
    """The text of every file of the pack, by its path inside the folder; what is all default is left out."""
    files = {}
    files["town.yaml"] = _yaml({"format": pack.town.format, **_plain(pack.town)})
    files["delays.yaml"] = _yaml(_plain(pack.delays))
    for name, items in (
        ("services.yaml", pack.services),
        ("categories.yaml", pack.categories),
        ("rules.yaml", pack.rules),
    ):
        files[name] = _yaml([_plain(item) for item in items])
    if pack.processes:
        files["processes.yaml"] = _yaml([_plain(item) for item in pack.processes])
    for group in sorted(pack.zones, key=lambda group: group.kind):
        files[f"zones/{group.kind}.geojson"] = _collection(group.zones)
    if pack.boundary is not None:
        files["boundary.geojson"] = json.dumps(plain_geometry(pack.boundary), ensure_ascii=False) + "\n"
    return files


def write_pack(pack: Pack, folder: Path | str) -> list[Path]:
    """Write the pack; returns the files written. Files of an older pack that this one has not are removed."""
    root = Path(folder)
    files = pack_files(pack)
    (root / "zones").mkdir(parents=True, exist_ok=True)
    for old in (*(root / "zones").glob("*.geojson"), root / "boundary.geojson", root / "processes.yaml"):
        if old.relative_to(root).as_posix() not in files:
            old.unlink(missing_ok=True)
    written = []
    for name, text in files.items():
        path = root / name
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    if not any((root / "zones").iterdir()):
        (root / "zones").rmdir()
    return written


def _plain(model: BaseModel) -> dict[str, Any]:
    return {
        name: _written(name, value)
        for name, value in model.model_dump(mode="json", by_alias=True, exclude_defaults=True).items()
    }


def _written(name: str, value: Any) -> Any:
    """30.0 is written 30, and words in a row."""
    if name == "words":
        return {language: _Row(words) for language, words in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _yaml(data: Any) -> str:
    if not data:
        return "[]\n" if isinstance(data, list) else "{}\n"
    return str(
        yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100, default_flow_style=False)
    )


def _collection(zones: tuple[Zone, ...]) -> str:
    """One feature a line: a change of one zone is a change of one line."""
    lines = []
    for zone in zones:
        properties = zone.model_dump(exclude={"geometry"}, exclude_defaults=True)
        feature = {"type": "Feature", "properties": properties, "geometry": plain_geometry(zone.geometry)}
        lines.append("  " + json.dumps(feature, ensure_ascii=False))
    body = ",\n".join(lines)
    return '{"type": "FeatureCollection", "features": [\n' + body + "\n]}\n"
