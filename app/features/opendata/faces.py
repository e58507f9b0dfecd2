"""What Open311 tells of a service, of a request and of itself, in the standard's words and the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from flask_babel import format_date, gettext

from app.core.i18n import label
from app.features.contributions.filters import OPEN_STATES
from app.features.contributions.shapes import Receipt
from app.features.contributions.urls import photo_urls
from app.features.opendata.wire import JSON, XML
from app.features.territories.catalogue import CategoryFacts, Town

_DATATYPES = {
    "choice": "singlevaluelist",
    "multi": "multivaluelist",
    "yes_no": "singlevaluelist",
    "text": "string",
    "number": "number",
}


def service_document(category: CategoryFacts, town: Town) -> dict[str, Any]:
    """A category that takes problems. Its group is the one above it; `realtime` because a number is given at once."""
    above = [town.categories[slug] for slug in category.path[:-1] if slug in town.categories]
    return {
        "service_code": category.slug,
        "service_name": label(category.label),
        "description": label(category.description) or label(category.label),
        "metadata": bool(category.questions),
        "type": "realtime",
        "keywords": ", ".join(label(each.label) for each in above),
        "group": label(above[-1].label) if above else None,
    }


def definition_document(category: CategoryFacts) -> dict[str, Any]:
    """The category's questions as attributes."""
    return {
        "service_code": category.slug,
        "attributes": [_attribute(order, question) for order, question in enumerate(category.questions, 1)],
    }


def request_document(row: Any) -> dict[str, Any]:
    """A problem that the public may read; one that is closed was last changed when it was closed: so the standard."""
    is_open = row.state in OPEN_STATES
    return {
        "service_request_id": row.reference,
        "status": "open" if is_open else "closed",
        "status_notes": row.answer,
        "service_name": label(row.category_label),
        "service_code": row.category,
        "description": f"{row.title}\n{row.body}" if row.title else row.body,
        "agency_responsible": label(row.service_name) if row.service_name else None,
        "service_notice": None,
        "requested_datetime": _moment(row.created_at),
        "updated_datetime": _moment(row.updated_at if is_open else row.closed_at or row.updated_at),
        "expected_datetime": _moment(row.due_at),
        "address": row.address,
        "address_id": None,
        "zipcode": None,
        "lat": round(row.lat, 7),
        "long": round(row.lon, 7),
        "media_url": photo_urls(row.photo_key)["url_1600"] if row.photo_key else None,
    }


def receipt_document(reference: str, receipt: Receipt) -> dict[str, Any]:
    """What is answered to who sent a request: its number, who has it, until when."""
    notice = gettext("Received for: %(service)s.", service=receipt["service"]["name"])
    if receipt["due"]:
        day = format_date(date.fromisoformat(receipt["due"]), "long")
        notice += " " + gettext("Last day of the town's promise: %(day)s.", day=day)
    return {"service_request_id": reference, "service_notice": notice, "account_id": None}


def discovery_document(town: Town, address: str) -> dict[str, Any]:
    """Where the service is, in which forms, and whom to write to; `changeset` is when the town last changed."""
    changed = _moment(datetime.fromtimestamp(town.version / 1_000_000, UTC))
    hall = town.town_hall
    contact = [str(hall[name]) for name in ("email", "phone", "website") if hall.get(name)]
    return {
        "changeset": changed,
        "contact": ", ".join([town.name, *contact]),
        "key_service": "No key is needed.",
        "endpoints": [
            {
                "specification": "http://wiki.open311.org/GeoReport_v2",
                "url": address,
                "changeset": changed,
                "type": "production",
                "formats": [XML, JSON],
            }
        ],
    }


def _attribute(order: int, question: Mapping[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "variable": True,
        "code": question["slug"],
        "datatype": _DATATYPES[question["type"]],
        "required": bool(question.get("required")),
        "datatype_description": label(question.get("help")) or None,
        "order": order,
        "description": label(question["label"]),
    }
    options = {option["slug"]: label(option["label"]) for option in question.get("options") or ()}
    if question["type"] == "yes_no":
        options = {"yes": gettext("Yes"), "no": gettext("No")}
    if options:
        document["values"] = [{"key": key, "name": name} for key, name in options.items()]
    return document


def _moment(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if value else None
