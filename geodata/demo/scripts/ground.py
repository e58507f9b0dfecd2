"""Land, sea, territories and quarters of the demo, from OpenStreetMap and the communes of France.

OpenStreetMap knows Monaco to the metre; for France the extract stops a street beyond the border, so the communes
come from `geodata.france`, whose lines are coarser. Along the border Monaco's line wins: what overlaps it is cut,
what falls between is given to the commune that touches it most, and no point is in two territories or in none.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import shapely
from shapely import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from geodata import france
from geodata.demo.scripts.osm import Element
from geodata.geometry import as_multipolygon

#: What the basemap shows: west, south, east, north. It stops before Italy, of which nothing is known here.
EXTENT = shapely.box(7.30, 43.66, 7.53, 43.82)
OPEN_SEA = Point(7.45, 43.70)
BEAUSOLEIL = "06012"
GRID = 1e-7  # degrees, about a centimetre
WEDGE = 8e-4  # degrees, about 75 m: how far apart two drawings of one border may be

#: Beausoleil has no quarters in the open data: four sectors around these real places make the demo's. The mayor's
#: office, Rue des Lilas on Monaco's Moneghetti side, Descente du Ténao, and the slope of Mont Agel.
BEAUSOLEIL_SECTORS = {
    "Centre": (7.4237, 43.7424),
    "Moneghetti": (7.4155, 43.7385),
    "Ténao": (7.4300, 43.7496),
    "Les Hauts": (7.4215, 43.7535),
}


@dataclass(frozen=True)
class Ground:
    monaco: MultiPolygon  # land only, without the harbours
    harbours: MultiPolygon
    communes: dict[str, MultiPolygon]  # by INSEE code, cut along Monaco's border
    quarters: dict[str, MultiPolygon]  # Monaco's
    sectors: dict[str, MultiPolygon]  # Beausoleil's

    @property
    def beausoleil(self) -> MultiPolygon:
        return self.communes[BEAUSOLEIL]

    @property
    def sea(self) -> BaseGeometry:
        """What is neither Monaco nor a commune and hangs together with the open sea, harbours included."""
        dry = shapely.union_all([self.monaco, *self.communes.values()])
        pieces = as_multipolygon(EXTENT.difference(dry)).geoms
        wet = [piece for piece in pieces if piece.contains(OPEN_SEA) or piece.intersects(self.harbours)]
        return shapely.union_all(wet)

    @property
    def land(self) -> BaseGeometry:
        return EXTENT.difference(self.sea)


def survey(elements: list[Element], boundary: Polygon) -> Ground:
    """Work out the ground from the extract's lines and Monaco's boundary (harbours included)."""
    boundary = as_multipolygon(shapely.set_precision(boundary, GRID)).geoms[0]
    coast = [e.shape for e in elements if e.is_line and e.has("natural", "coastline")]
    monaco, harbours = _land_and_harbours(boundary, coast)
    built = [e.shape for e in elements if e.has("building") or e.has("highway", "service", "residential")]
    communes = _communes_beside(boundary, built)
    quarters = _quarters(elements, boundary, monaco)
    sectors = _sectors(communes.pop(BEAUSOLEIL))
    fitted = _fitted(quarters | sectors | communes)
    return Ground(
        monaco=as_multipolygon(shapely.union_all([fitted[name] for name in quarters])),
        harbours=harbours,
        communes={
            BEAUSOLEIL: as_multipolygon(shapely.union_all([fitted[name] for name in sectors])),
            **{code: fitted[code] for code in communes},
        },
        quarters={name: fitted[name] for name in quarters},
        sectors={name: fitted[name] for name in sectors},
    )


def _fitted(pieces: dict[str, MultiPolygon]) -> dict[str, MultiPolygon]:
    """The pieces redrawn with every shared line shared to the last digit: all outlines are noded together, and each
    face goes to the first piece that holds it.
    """
    faces: dict[str, list[Polygon]] = {name: [] for name in pieces}
    for face in _faces([piece.boundary for piece in pieces.values()]):
        spot = face.representative_point()
        owner = next((name for name, piece in pieces.items() if piece.contains(spot)), None)
        if owner:
            faces[owner].append(face)
    return {name: as_multipolygon(shapely.union_all(found)) for name, found in faces.items()}


def _faces(lines: list[BaseGeometry]) -> list[Polygon]:
    noded = shapely.union_all(lines, grid_size=GRID)
    return [face for face in shapely.polygonize([noded]).geoms if isinstance(face, Polygon)]


def _land_and_harbours(boundary: Polygon, coast: list[BaseGeometry]) -> tuple[MultiPolygon, MultiPolygon]:
    """Cut the boundary along the coastline, whose land is always on its left."""
    faces = [f for f in _faces([boundary.exterior, *coast]) if boundary.contains(f.representative_point())]
    to_the_left = [_left_of(line) for line in coast]
    land = [f for f in faces if any(f.contains(p) for p in to_the_left)]
    water = [f for f in faces if not any(f.contains(p) for p in to_the_left)]
    return as_multipolygon(shapely.union_all(land)), as_multipolygon(shapely.union_all(water))


def _left_of(line: BaseGeometry, *, step: float = 2e-6) -> Point:
    """A point some twenty centimetres left of the middle of a line's longest segment."""
    points = shapely.get_coordinates(line)
    a, b = max(pairwise(points), key=lambda ends: float(((ends[1] - ends[0]) ** 2).sum()))
    dx, dy = b - a
    length = float((dx**2 + dy**2) ** 0.5)
    x, y = (a + b) / 2
    return Point(x - dy / length * step, y + dx / length * step)


def _communes_beside(boundary: Polygon, built: list[BaseGeometry]) -> dict[str, MultiPolygon]:
    """The French communes of the extent, cut by Monaco's border, the slivers along it given to their neighbour."""
    shapes: dict[str, BaseGeometry] = {}
    for code in france.departement("06").communes:
        shape = france.commune(code).boundary
        if shape is not None and shape.intersects(EXTENT):
            shapes[code] = shapely.set_precision(shape, GRID)
    whole = shapely.union_all(list(shapes.values()))
    slivers = [
        face
        for face in _faces([whole.boundary, boundary.exterior])
        if not boundary.contains(face.representative_point()) and not whole.contains(face.representative_point())
    ]
    # Where the border reaches the sea the coarse and the fine line do not meet: close the wedge between them, and
    # keep on land what is built on it.
    together = shapely.union_all([whole, boundary, *built])
    closed = together.buffer(WEDGE).buffer(-WEDGE).difference(whole.union(boundary))
    slivers += [
        piece
        for piece in as_multipolygon(shapely.set_precision(closed, GRID)).geoms
        if piece.intersection(boundary).length > WEDGE and piece.distance(whole) == 0
    ]
    cut = {code: shapely.difference(shape, boundary, grid_size=GRID) for code, shape in shapes.items()}
    for sliver in slivers:
        owner = max(cut, key=lambda code: cut[code].intersection(sliver).length)
        cut[owner] = shapely.union(cut[owner], sliver, grid_size=GRID)
    return {code: _without_crumbs(shape) for code, shape in cut.items()}


def _without_crumbs(shape: BaseGeometry) -> MultiPolygon:
    """Leave out shreds under some 500 m² that cutting coarse lines with fine ones made."""
    return MultiPolygon([polygon for polygon in as_multipolygon(shape).geoms if polygon.area > 5e-8])


def _quarters(elements: list[Element], boundary: Polygon, land: MultiPolygon) -> dict[str, MultiPolygon]:
    """Monaco's quarters, clipped to land: outlines of the extract, and for the rest the face around the place node."""
    named: dict[str, BaseGeometry] = {
        e.tags["name"]: shapely.set_precision(e.shape, GRID)
        for e in elements
        if e.is_area and e.has("admin_level", "10") and e.has("boundary", "administrative")
    }
    lines = [e.shape for e in elements if e.is_line and e.has("admin_level", "10")]
    known = shapely.union_all(list(named.values()))
    rest = boundary.difference(known)
    faces = [f for f in _faces([rest.boundary, *lines]) if rest.contains(f.representative_point())]
    nodes = [
        (e.tags["name"], e.shape)
        for e in elements
        if e.has("place", "suburb") and e.tags["name"] not in named and boundary.contains(e.shape)
    ]
    for face in faces:
        inside = [name for name, point in nodes if face.contains(point)]
        name = inside[0] if inside else _nearest_name(face, nodes, named)
        named[name] = shapely.union(named.get(name, MultiPolygon()), face, grid_size=GRID)
    return {
        name: as_multipolygon(shapely.intersection(shape, land, grid_size=GRID))
        for name, shape in sorted(named.items())
    }


def _nearest_name(face: Polygon, nodes: list[tuple[str, BaseGeometry]], named: dict[str, BaseGeometry]) -> str:
    """The quarter that a leftover shred belongs to: the one it shares most of its outline with, else the nearest."""
    sharing = {name: shape.intersection(face.exterior).length for name, shape in named.items()}
    best = max(sharing, key=lambda name: sharing[name], default="")
    if best and sharing[best] > 0:
        return best
    return min(nodes, key=lambda node: nearest_points(face, node[1])[0].distance(node[1]))[0]


def _sectors(commune: MultiPolygon) -> dict[str, MultiPolygon]:
    seeds = [Point(lon, lat) for lon, lat in BEAUSOLEIL_SECTORS.values()]
    cells = shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=commune.buffer(0.05)).geoms
    sectors = {}
    for name, seed in zip(BEAUSOLEIL_SECTORS, seeds, strict=True):
        cell = next(cell for cell in cells if cell.contains(seed))
        sectors[name] = as_multipolygon(shapely.intersection(cell, commune, grid_size=GRID))
    return sectors
