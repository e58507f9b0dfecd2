"""`/basemap/<name>.pmtiles`: the background maps that the installation ships or holds, read by pieces.

A browser asks for some kilobytes of a file that may weigh gigabytes, so answers are ranges of an open file and carry
an ETag made of its size and date. Nothing else than PMTiles files of the two known places is ever opened.
"""

from __future__ import annotations

import re
from pathlib import Path

from flask import Blueprint, Response, current_app, request, send_file

from app.core.access import public
from app.core.errors import NotFound
from geodata.demo import basemap_path

SHIPPED = {"demo": basemap_path()}
FOLDER = "basemaps"
"""Where, inside the data folder, a town puts its own files."""

DAY_S = 86_400

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")

blueprint = Blueprint("basemaps", __name__)


@blueprint.get("/basemap/<name>.pmtiles")
@public
def basemap(name: str) -> Response:
    """The file or the range of it that was asked for (206); 304 when the browser has it, 416 for an absurd range."""
    path = find_basemap(name, data=current_app.extensions["settings"].storage.data)
    if path is None:
        raise NotFound("No basemap has this name.")
    response = send_file(path, mimetype="application/vnd.pmtiles", conditional=True, max_age=30 * DAY_S)
    response.headers["Accept-Ranges"] = "bytes"
    if request.method == "HEAD" or "Range" not in request.headers:
        response.headers["Content-Length"] = str(path.stat().st_size)
    return response


def find_basemap(name: str, *, data: Path) -> Path | None:
    """The file behind a name: the town's own first, then what the installation ships. None for anything else."""
    if not _NAME.fullmatch(name):
        return None
    own = data / FOLDER / f"{name}.pmtiles"
    if own.is_file():
        return own
    shipped = SHIPPED.get(name)
    return shipped if shipped is not None and shipped.is_file() else None
