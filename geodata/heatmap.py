"""A heatmap as a page, made with folium, that asks nothing of anybody else's server.

`heat_page` draws a picture and refers to its few files by name (`asset:leaflet.js`); then either `linked` gives them
the addresses of our own static files and the nonce that a strict Content-Security-Policy wants, or `inlined` puts their
content inside, so that the page opens from a disk without network. The ground is plain; outlines (and streets, if
given) are drawn from GeoJSON.
"""

from __future__ import annotations

import base64
import html
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import folium
from folium.plugins import HeatMap

from geodata.hexagons import centre, ring

HEAT = ("#f3e1c1", "#ebbd8d", "#dd9263", "#c0603d", "#94352b", "#5c1a1e")
"""`heat-1` to `heat-6` of the design's tokens, light: lightness falls at every step."""
AROUND, LAND, LINE, LABEL, STREET = "#e9e1d2", "#f4efe4", "#8c7f8a", "#3c474b", "#d8cdb9"
_SHARES = (0.0, 0.35, 0.6, 0.78, 0.9, 0.97)
"""Which share of the hexagons lies below each colour: the darkest is for the few."""

ASSETS = ("leaflet.js", "leaflet.css", "leaflet-heat.js")


@dataclass(frozen=True)
class HeatPicture:
    """What to draw. `hexagons`: H3 index to count. `zones`: (name, GeoJSON geometry). Bounds in degrees.

    `fewest`: a hexagon with fewer is an outline without a count, and is left out of the heat (1: all are shown).
    `words`: `title`, `legend`, `hexagons`, `heat`, `zones`, `few`, `count`.
    """

    hexagons: Mapping[int, int]
    bounds: tuple[float, float, float, float]
    words: Mapping[str, str]
    language: str = "fr"
    zones: Sequence[tuple[str, Mapping[str, Any]]] = ()
    streets: Mapping[str, Any] | None = None
    fewest: int = 1
    tiles: tuple[str, int, int] | None = None
    """A raster tile server's address, the size of its tiles in pixels and its deepest zoom, where a town names one."""
    credits: Sequence[tuple[str, str]] = ()
    """Whose map and data it is: (words, address or nothing)."""
    heat_first: bool = False
    marks: Sequence[tuple[int, float, float]] = field(default_factory=tuple)
    """Numbered places: (number, lon, lat)."""


def thresholds(counts: Sequence[int], fewest: int = 1) -> list[int]:
    """The least count of each colour, at most six, all different, from `fewest` up."""
    shown = sorted(count for count in counts if count >= fewest)
    if not shown:
        return [fewest]
    steps: list[int] = [fewest]
    for share in _SHARES[1:]:
        value = shown[min(len(shown) - 1, math.floor(share * len(shown)))]
        if value > steps[-1]:
            steps.append(value)
    return steps


def colour_of(count: int, steps: Sequence[int]) -> str:
    """The colour of a count: the last step that it reaches. Fewer steps are spread over the whole scale."""
    rank = sum(count >= step for step in steps) - 1
    return scale(len(steps))[max(rank, 0)]


def scale(size: int) -> list[str]:
    """`size` colours, from light to dark, out of the six."""
    if size <= 1:
        return [HEAT[3]]
    return [HEAT[round(position * (len(HEAT) - 1) / (size - 1))] for position in range(size)]


def heat_page(picture: HeatPicture) -> str:
    """The page's HTML, its files referred to as `asset:NAME`."""
    west, south, east, north = picture.bounds
    ground = folium.Map(
        location=((south + north) / 2, (west + east) / 2),
        tiles=None,
        zoom_start=13,
        prefer_canvas=True,
        control_scale=True,
        attribution_control=False,
        zoom_snap=0.5,
    )
    ground.default_js = [("leaflet", "asset:leaflet.js")]
    ground.default_css = [("leaflet_css", "asset:leaflet.css")]
    if picture.tiles is not None:
        address, size, deepest = picture.tiles
        offset = -int(math.log2(size // 256))
        layer = folium.TileLayer(
            address, attr=" ", name="", control=False, tile_size=size, zoom_offset=offset, max_native_zoom=deepest
        )
        layer.add_to(ground)
    elif picture.zones:
        _town(picture).add_to(ground)
    if picture.streets is not None:
        _outline(picture.streets, STREET, 1, None).add_to(ground)
    steps = thresholds(list(picture.hexagons.values()), picture.fewest)
    layers = [_hexagons(picture, steps), _heat(picture)]
    for layer in reversed(layers) if picture.heat_first else layers:
        layer.add_to(ground)
    if picture.zones:
        _zones(picture).add_to(ground)
    for mark in picture.marks:
        _mark(*mark).add_to(ground)
    folium.LayerControl(collapsed=False).add_to(ground)
    ground.fit_bounds([[south, west], [north, east]])
    figure = ground.get_root()
    figure.title = html.escape(picture.words["title"])
    figure.header.add_child(folium.Element(_STYLE))
    figure.html.add_child(folium.Element(_legend(picture, steps)))
    # folium forbids zooming the page with two fingers: people who see badly need it.
    page: str = re.sub(
        r"initial-scale=1.0,\s*maximum-scale=1.0,\s*user-scalable=no", "initial-scale=1", figure.render()
    )
    page = page.replace("<html>", f'<html lang="{html.escape(picture.language)}">', 1)
    title = f'<h1 class="sr">{html.escape(picture.words["title"])}</h1>'
    return page.replace("<body>", f"<body><main>{title}", 1).replace("</body>", "</main></body>", 1)


def _hexagons(picture: HeatPicture, steps: Sequence[int]) -> folium.FeatureGroup:
    group = folium.FeatureGroup(name=html.escape(picture.words["hexagons"]), overlay=False, show=not picture.heat_first)
    features = []
    for index, count in sorted(picture.hexagons.items(), key=lambda item: (item[1], item[0])):
        few = count < picture.fewest
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Polygon", "coordinates": [[[round(x, 6), round(y, 6)] for x, y in ring(index)]]},
                "properties": {
                    "count": html.escape(picture.words["few"]) if few else str(count),
                    "colour": "none" if few else colour_of(count, steps),
                },
            }
        )
    if features:
        layer = folium.GeoJson({"type": "FeatureCollection", "features": features}, style_function=_hexagon_style)
        layer.add_child(folium.GeoJsonTooltip(["count"], aliases=[html.escape(picture.words["count"])]))
        layer.add_to(group)
    return group


def _hexagon_style(feature: Mapping[str, Any]) -> dict[str, Any]:
    colour = feature["properties"]["colour"]
    if colour == "none":
        return {"color": LINE, "weight": 1, "opacity": 0.5, "fillOpacity": 0}
    return {"color": "#ffffff", "weight": 0.7, "opacity": 0.8, "fillColor": colour, "fillOpacity": 0.9}


def _heat(picture: HeatPicture) -> HeatMap:
    shown = {index: count for index, count in picture.hexagons.items() if count >= picture.fewest}
    most = max(shown.values(), default=1)
    points = []
    for index, count in sorted(shown.items()):
        lon, lat = centre(index)
        # The square root keeps one dense corner from putting out all the others.
        points.append([round(lat, 6), round(lon, 6), round(math.sqrt(count / most), 3)])
    layer = HeatMap(
        points,
        name=html.escape(picture.words["heat"]),
        overlay=False,
        show=picture.heat_first,
        radius=26,
        blur=20,
        min_opacity=0.25,
        max_zoom=14,
        gradient={str(round((step + 1) / len(HEAT), 2)): colour for step, colour in enumerate(HEAT)},
    )
    layer.default_js = [("leaflet-heat.js", "asset:leaflet-heat.js")]
    return layer


def _outline(geojson: Mapping[str, Any], colour: str, weight: float, dash: str | None) -> folium.GeoJson:
    style = {"color": colour, "weight": weight, "fill": False, "dashArray": dash}
    return folium.GeoJson(dict(geojson), style_function=lambda _: style, control=False)


def _zones(picture: HeatPicture) -> folium.FeatureGroup:
    group = folium.FeatureGroup(name=html.escape(picture.words["zones"]))
    features = [
        {"type": "Feature", "geometry": dict(geometry), "properties": {"name": html.escape(name)}}
        for name, geometry in picture.zones
    ]
    style = {"color": LINE, "weight": 1.2, "fill": False, "dashArray": "7 3 1.5 3", "interactive": False}
    folium.GeoJson({"type": "FeatureCollection", "features": features}, style_function=lambda _: style).add_to(group)
    return group


def _town(picture: HeatPicture) -> folium.GeoJson:
    """The town's own ground, a little lighter than what lies around it."""
    features = [{"type": "Feature", "geometry": dict(geometry), "properties": {}} for _, geometry in picture.zones]
    style = {"stroke": False, "fillColor": LAND, "fillOpacity": 1, "interactive": False}
    town = {"type": "FeatureCollection", "features": features}
    return folium.GeoJson(town, style_function=lambda _: style, control=False)


def _mark(number: int, lon: float, lat: float) -> folium.CircleMarker:
    # A tooltip that stays, rather than a marker: Leaflet's markers ask for their pictures before they get an icon.
    mark = folium.CircleMarker((lat, lon), radius=1, stroke=False, fill_opacity=0)
    mark.add_child(folium.Tooltip(str(number), permanent=True, direction="center", class_name="rank", sticky=False))
    return mark


def _legend(picture: HeatPicture, steps: Sequence[int]) -> str:
    words = {name: html.escape(word) for name, word in picture.words.items()}
    colours = scale(len(steps))
    items = "".join(
        f'<li><svg viewBox="0 0 40 12" aria-hidden="true"><rect width="40" height="12" fill="{colour}"/></svg>'
        f"<span>{step}{'+' if position == len(steps) - 1 else ''}</span></li>"
        for position, (step, colour) in enumerate(zip(steps, colours, strict=True))
    )
    few = f'<p class="few">{words["few"]}</p>' if picture.fewest > 1 else ""
    return (
        f'<div class="legend"><b>{words["legend"]}</b><ol>{items}</ol>{few}</div>'
        f'<p class="sources">{" · ".join(_credit(*credit) for credit in picture.credits)}</p>'
    )


def _credit(words: str, address: str) -> str:
    said = html.escape(words)
    return f'<a href="{html.escape(address)}" target="_blank" rel="noopener license">{said}</a>' if address else said


_STYLE = f"""<style>
html, body {{ background: {AROUND}; color: {LABEL};
  font: 14px/1.4 "Atkinson Hyperlegible Next", system-ui, sans-serif; }}
main {{ height: 100%; }}
.sr {{ position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); }}
.folium-map.leaflet-container {{ background: {AROUND}; font: inherit; }}
.folium-map .leaflet-bar, .folium-map .leaflet-control-layers {{ border: 1px solid #ded6c8; box-shadow: none; }}
.folium-map .leaflet-bar a {{ color: #1c272b; width: 40px; height: 40px; font: 700 20px/40px system-ui, sans-serif; }}
.folium-map .leaflet-control-layers label {{ padding: 10px 4px; }}
.folium-map .leaflet-bottom {{ bottom: 30px; }}
@media (max-width: 30rem) {{ .folium-map .leaflet-control-scale {{ display: none; }} }}
.folium-map .leaflet-control-scale-line {{ background: none; border-color: {LABEL}; color: {LABEL}; font-size: 11px; }}
.folium-map .leaflet-control-layers {{ border-radius: 8px; }}
.folium-map .leaflet-control-scale-line:nth-child(2) {{ display: none; }}
.leaflet-tooltip.rank {{ min-width: 26px; height: 26px; padding: 0; border-radius: 13px; border: 2px solid #1c272b;
  background: #fff; color: #1c272b; box-sizing: border-box; font-weight: 700; line-height: 22px; text-align: center; }}
.legend {{ position: absolute; left: 12px; bottom: 68px; z-index: 1000; background: #fdfbf6; border: 1px solid #ded6c8;
  border-radius: 12px; padding: 8px 12px; font-size: 13px; }}
.legend ol {{ list-style: none; display: flex; margin: 4px 0 0; padding: 0; }}
.legend svg {{ display: block; width: 40px; height: 12px; }}
.legend span {{ font-variant-numeric: tabular-nums; }}
.legend p {{ margin: 4px 0 0; }}
.sources {{ position: absolute; right: 0; bottom: 0; z-index: 1000; margin: 0; padding: 1px 6px; font-size: 11px;
  background: #fdfbf6cc; max-width: calc(100% - 12px); }}
.sources a {{ color: inherit; }}
/* By night the drawing is turned over: what was darkest becomes lightest, and hues stay. */
@media (prefers-color-scheme: dark) {{
  html, body, .folium-map.leaflet-container {{ background: #252f32; color: #c9cfcb; }}
  .leaflet-overlay-pane, .legend svg {{ filter: invert(.9) hue-rotate(180deg); }}
  .legend, .folium-map .leaflet-control-layers, .folium-map .leaflet-bar a {{ background: #182124; color: #f0ece3;
    border-color: #2f3b3e; }}
  .folium-map .leaflet-bar, .folium-map .leaflet-control-layers {{ border-color: #2f3b3e; }}
  .folium-map .leaflet-control-scale-line {{ color: #c9cfcb; border-color: #c9cfcb; }}
  .sources {{ background: #182124cc; }}
  .leaflet-tile-pane {{ filter: brightness(.55); }}
}}
</style>"""


_TAG = re.compile(r"<(script|style)(?=[\s>])")
_SCRIPT = re.compile(r'<script src="asset:([\w.-]+)"></script>')
_SHEET = re.compile(r'<link rel="stylesheet" href="asset:([\w.-]+)"\s*/?>')
_CSS_URL = re.compile(rb"url\(([^)]+)\)")


def linked(page: str, address: Callable[[str], str], nonce: str) -> str:
    """The page with its files at our own addresses, and the nonce on every script and style."""
    page = re.sub(r"asset:([\w.-]+)", lambda found: html.escape(address(found[1])), page)
    return _TAG.sub(rf'<\1 nonce="{html.escape(nonce)}"', page)


def inlined(page: str, read: Callable[[str], bytes]) -> str:
    """The page with its files inside. `read` gives a file by name: an asset, or a picture that a style sheet names."""

    def script(found: re.Match[str]) -> str:
        return "<script>" + read(found[1]).decode().replace("</script", "<\\/script") + "</script>"

    def sheet(found: re.Match[str]) -> str:
        def picture(named: re.Match[bytes]) -> bytes:
            name = named[1].strip(b"\"' ").decode()
            if name.startswith(("#", "data:")):
                return named[0]
            return b"url(data:image/png;base64," + base64.b64encode(read(name)) + b")"

        return "<style>" + _CSS_URL.sub(picture, read(found[1])).decode() + "</style>"

    return _SHEET.sub(sheet, _SCRIPT.sub(script, page))
