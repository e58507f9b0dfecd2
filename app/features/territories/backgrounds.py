"""What a town's map is drawn on: a file of tiles, somebody's style or tiles, the plan of the IGN, or its outlines.

From the town's setting alone come the addresses that a browser may ask, the words and links that the licence wants, and
what the legal pages say of it. A town that has named nothing is drawn from its outlines, and nobody is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

KINDS: Final = ("pmtiles", "style", "vector", "raster", "ign", "outlines")
IGN_CREDIT: Final = "© IGN – Géoplateforme"
IGN_LICENCE: Final = "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"
IGN_PLAN: Final = (
    "https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2"
    "&STYLE=normal&FORMAT=image/png&TILEMATRIXSET=PM&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
)
"""Plan IGN v2 of the Géoplateforme: WMTS, PNG, Web Mercator, 256 pixels, zooms 0 to 19; open licence Etalab 2.0."""
IGN_MAX_ZOOM: Final = 19

_WMTS = {"{TileMatrix}": "{z}", "{TileRow}": "{y}", "{TileCol}": "{x}"}
_LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")
_HOST = re.compile(r"(\[[0-9a-f:]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:\d{1,5})?", re.I)
_OURS = re.compile(r"/basemap/[a-z0-9][a-z0-9-]{0,63}\.pmtiles")
_HELD = re.compile(r"\{[^{}]*\}")


class Credit(NamedTuple):
    """Words that a licence asks for, and where they lead (empty: nowhere)."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class Background:
    """The background of a map. `url` is a PMTiles file, a style, a template of tiles or GeoJSON outlines, by `kind`.

    `outlines` is the town's own edge, drawn when the rest cannot be reached. `origins`: whom else a browser asks.
    """

    kind: str = "outlines"
    url: str = ""
    outlines: str = ""
    tile_size: int = 256
    max_zoom: int = 19
    credits: tuple[Credit, ...] = ()
    origins: tuple[str, ...] = field(default=())

    @property
    def config(self) -> dict[str, Any]:
        """What the scripts of a page need, as JSON."""
        return {
            "kind": self.kind,
            "url": self.url,
            "outlines": self.outlines,
            "tileSize": self.tile_size,
            "maxZoom": self.max_zoom,
            "credits": [credit._asdict() for credit in self.credits],
        }

    @property
    def attribution(self) -> str:
        """The credits in one line of plain text."""
        return " · ".join(credit.text for credit in self.credits)


def background(setting: Mapping[str, Any], *, outlines: str, sources: str) -> Background:
    """What the town's setting `basemap` means; `outlines` and `sources` are its own edge and whose data that is."""
    kind = str(setting.get("kind") or "pmtiles")
    if kind == "ign":
        credit = Credit(IGN_CREDIT, IGN_LICENCE)
        return Background("raster", IGN_PLAN, outlines, 256, IGN_MAX_ZOOM, (credit,), (origin_of(IGN_PLAN),))
    url = str(setting.get("url") or "")
    if kind == "outlines" or not url:
        return Background("outlines", outlines, outlines, credits=(Credit(sources),) if sources else ())
    credit = Credit(str(setting.get("attribution") or ""), str(setting.get("attribution_url") or ""))
    return Background(
        kind,
        plain_template(url),
        outlines,
        int(setting.get("tile_size") or 256),
        int(setting.get("max_zoom") or 19),
        (credit,) if credit.text else (),
        tuple(dict.fromkeys(origin for origin in (origin_of(url), *setting.get("hosts", ())) if origin)),
    )


def plain_template(url: str) -> str:
    """A template whose parts are named as a WMTS names them, with the names that every map knows."""
    for theirs, ours in _WMTS.items():
        url = url.replace(theirs, ours)
    return url


def origin_of(url: str) -> str:
    """`https://host:port` of an address; empty for one of ours, which begins with a slash."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def faults(setting: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with a setting: (field, sentence that says what to write)."""
    kind, url = str(setting.get("kind") or "pmtiles"), setting.get("url")
    if kind in ("ign", "outlines"):
        extra = [name for name in setting if name != "kind"]
        return [(name, f"Remove “{name}”: “{kind}” brings its own.") for name in extra]
    found = [] if setting.get("attribution") else [("attribution", "Say whose map it is: its licence asks for it.")]
    if not url:
        return [("url", f"Give the address of the {kind} basemap."), *found]
    if message := _address_fault(kind, str(url)):
        found.insert(0, ("url", message))
    for host in setting.get("hosts", ()):
        if not _is_origin(host):
            found.append(("hosts", f"Write “{host}” as https://tiles.example, without a path."))
    if kind != "raster" and "tile_size" in setting:
        found.append(("tile_size", "Remove “tile_size”: only raster tiles have one."))
    return found


def _address_fault(kind: str, url: str) -> str:
    if kind == "pmtiles" and url.startswith("/"):
        return "" if _OURS.fullmatch(url) else "Write a file of ours as /basemap/NAME.pmtiles, or an https:// address."
    if re.search(r"[\s\"'<>\\^`|]", url) or not _is_origin(origin_of(url)):
        return f"Write a whole https:// address instead of “{url}”."
    held = set(_HELD.findall(plain_template(url)))
    if unknown := held - {"{z}", "{x}", "{y}"}:
        return f"“{min(unknown)}” is not known in an address; {{z}}, {{x}} and {{y}} are, or the names of a WMTS."
    if kind == "raster" and len(held) < 3:
        return "Write {z}, {x} and {y} (or {TileMatrix}, {TileCol} and {TileRow}) where the tile is named."
    if kind == "vector" and held and len(held) < 3:
        return "Write {z}, {x} and {y} where the tile is named, or the address of a TileJSON."
    if kind in ("style", "pmtiles") and held:
        return f"A {kind} address names one file, without {min(held)}."
    return ""


def _is_origin(written: str) -> bool:
    """`https://host`, or `http://` for the machine itself: a page under https may ask nothing else."""
    scheme, _, host = written.partition("://")
    return bool(_HOST.fullmatch(host)) and (scheme == "https" or (scheme == "http" and bool(_LOOPBACK.fullmatch(host))))
