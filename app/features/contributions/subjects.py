"""What somebody follows, in words, and where it is."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext

from app.core.i18n import label
from app.web.formats import metres

METRES_A_DEGREE = 111_320


def subject_name(row: Any, language: str) -> str:
    """The subject of a row of `following.Subscription`; "" for a contribution that is not public."""
    if row.reference is not None:
        return str(row.title) if row.visibility == "public" else ""
    if row.category is not None:
        return label(row.category, language)
    if row.process is not None:
        # Each town has a box of ideas of that name.
        return f"{label(row.process, language)}, {row.process_town}"
    if row.zone is not None:
        return str(row.zone)
    around = gettext("%(distance)s around a place", distance=metres(row.radius_m, language=language))
    return f"{around} ({row.lat:.4f}, {row.lon:.4f})"


def subject_path(row: Any) -> str:
    """Where one sees it: a page, or the list of what lies there; "" for what is not public."""
    if row.reference is not None:
        return f"/c/{row.reference}" if row.visibility == "public" else ""
    if row.category_slug is not None:
        return f"/liste?{urlencode({'category': row.category_slug})}"
    if row.process_slug is not None:
        return f"/idees?{urlencode({'process': f'{row.process_town_slug}.{row.process_slug}'})}"
    if row.zone_slug is not None:
        return f"/liste?{urlencode({'zone': row.zone_slug})}"
    reach = row.radius_m / METRES_A_DEGREE
    box = ",".join(f"{edge:.5f}" for edge in (row.lon - reach * 1.4, row.lat - reach, row.lon + reach * 1.4,
                                              row.lat + reach))  # fmt: skip
    return f"/liste?{urlencode({'bbox': box})}"
