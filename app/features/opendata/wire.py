"""Open311 documents as bytes: the same data as JSON, or as the XML that the standard draws."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from flask import Response

from app.core.texts import xml_text

XML, JSON = "text/xml", "application/json"
"""The media types that the standard names."""
# What the standard calls each item of a list; in JSON a list is only a list.
_ITEMS = {
    "services": "service",
    "service_requests": "request",
    "errors": "error",
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
}

Document = Mapping[str, Any] | Sequence[Any]


def answer(document: Document, *, root: str, wire: str, status: int = 200) -> Response:
    """The document as `json` or `xml`; `root` is the name of the XML element around it."""
    if wire == "json":
        return Response(json.dumps(document, ensure_ascii=False), status, mimetype=JSON)
    element = Element(root)
    _fill(element, document)
    return Response(bytes(tostring(element, encoding="utf-8", xml_declaration=True)), status, mimetype=XML)


def _fill(element: Element, value: Any) -> None:
    """A nothing is an empty element."""
    if isinstance(value, Mapping):
        for name, inside in value.items():
            _fill(SubElement(element, name), inside)
    elif isinstance(value, list):
        for inside in value:
            _fill(SubElement(element, _ITEMS[element.tag]), inside)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = xml_text(str(value))
