"""Cut the basemap into vector tiles and write them in one PMTiles archive."""

from __future__ import annotations

import gzip
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely
from numpy.typing import NDArray
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from shapely.geometry.base import BaseGeometry

from geodata.demo.scripts.layers import Item
from geodata.geometry import as_multipolygon

MIN_ZOOM, MAX_ZOOM = 8, 16
EXTENT = 4096
BUFFER = 128  # in tile units: room for thick lines to leave the tile
Bounds = tuple[float, float, float, float]
#: Drawing order is the style's business; this is only the order of layers in a tile.
LAYERS = (
    "land", "block", "park", "wood", "sand", "water", "pier", "square", "building", "road", "border", "label",
)  # fmt: skip


def mercator(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Degrees to the unit square of web maps: x to the east, y to the south."""
    x = (xy[:, 0] + 180) / 360
    y = (1 - np.arcsinh(np.tan(np.radians(xy[:, 1]))) / math.pi) / 2
    return np.column_stack([x, y])


def write(
    items: Iterable[Item], target: Path, *, bounds: tuple[float, float, float, float], about: dict[str, Any]
) -> int:
    """Write the archive; gives the number of tiles. `bounds` are west, south, east, north in degrees."""
    drawn = [(item, shapely.transform(item.shape, mercator)) for item in items]
    tiles: dict[int, bytes] = {}
    for zoom in range(MIN_ZOOM, MAX_ZOOM + 1):
        for x, y, data in _tiles_at(zoom, drawn, bounds):
            tiles[zxy_to_tileid(zoom, x, y)] = data
    west, south, east, north = (round(degrees * 1e7) for degrees in bounds)
    with target.open("wb") as file:
        writer = Writer(file)
        for tile_id, data in sorted(tiles.items()):
            writer.write_tile(tile_id, data)
        header = {
            "tile_type": TileType.MVT,
            "tile_compression": Compression.GZIP,
            "min_lon_e7": west,
            "min_lat_e7": south,
            "max_lon_e7": east,
            "max_lat_e7": north,
            "center_zoom": 14,
            "center_lon_e7": 74245000,
            "center_lat_e7": 437390000,
        }
        writer.finalize(header, about | {"vector_layers": _described(drawn)})
    return len(tiles)


def _tiles_at(zoom: int, drawn: list[tuple[Item, BaseGeometry]], bounds: Bounds) -> Iterator[tuple[int, int, bytes]]:
    count = 2**zoom
    shown = [(item, _simplified(shape, item.layer, zoom)) for item, shape in drawn if item.zoom <= zoom]
    tree = shapely.STRtree([shape for _, shape in shown])
    (left, bottom), (right, top) = mercator(np.array([bounds[:2], bounds[2:]], dtype=np.float64))
    margin = BUFFER / EXTENT
    for x in range(int(left * count), int(right * count) + 1):
        for y in range(int(top * count), int(bottom * count) + 1):
            box = [(x - margin) / count, (y - margin) / count, (x + 1 + margin) / count, (y + 1 + margin) / count]
            layers: dict[str, list[dict[str, Any]]] = defaultdict(list)
            for index in sorted(tree.query(shapely.box(*box))):
                item, shape = shown[index]
                clipped = shapely.clip_by_rect(shape, *box)
                if not clipped.is_empty:
                    on_tile = shapely.transform(clipped, partial(_to_tile, x=x, y=y, count=count))
                    geometry = _on_grid(on_tile, shapely.get_dimensions(item.shape))
                    layers[item.layer].append({"geometry": geometry, "properties": item.properties})
            if layers:
                yield x, y, _encoded(layers)


def _to_tile(xy: NDArray[np.float64], *, x: int, y: int, count: int) -> NDArray[np.float64]:
    return np.asarray((xy * count - (x, y)) * EXTENT)


def _on_grid(shape: BaseGeometry, dimension: int) -> BaseGeometry:
    """Whole tile units; what clipping left of another dimension (a line where an area touches the edge) goes."""
    if dimension < 2:
        return shapely.transform(shape, np.rint)
    return as_multipolygon(shapely.set_precision(shape, 1))


def _simplified(shape: BaseGeometry, layer: str, zoom: int) -> BaseGeometry:
    """Drop what is finer than half a pixel; everything is kept at the last zoom, which is also shown larger."""
    if layer == "label" or zoom >= MAX_ZOOM:
        return shape
    return shape.simplify(0.5 / (256 * 2**zoom), preserve_topology=True)


def _encoded(layers: dict[str, list[dict[str, Any]]]) -> bytes:
    ordered = [{"name": name, "features": layers[name]} for name in LAYERS if name in layers]
    options = {"y_coord_down": True, "extents": EXTENT}
    raw = mapbox_vector_tile.encode(ordered, default_options=options)
    return gzip.compress(raw, compresslevel=9, mtime=0)


def _described(drawn: list[tuple[Item, BaseGeometry]]) -> list[dict[str, Any]]:
    """The `vector_layers` that TileJSON asks for."""
    described = []
    for layer in LAYERS:
        of_layer = [item for item, _ in drawn if item.layer == layer]
        fields = {
            key: "Number" if isinstance(value, int) else "String"
            for item in of_layer
            for key, value in item.properties.items()
        }
        first = min((item.zoom for item in of_layer), default=MIN_ZOOM)
        described.append({"id": layer, "fields": dict(sorted(fields.items())), "minzoom": first, "maxzoom": MAX_ZOOM})
    return described
