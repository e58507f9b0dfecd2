"""Feeds that any reader opens: Atom (RFC 4287) with GeoRSS points, made of what is public and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.texts import xml_text

MEDIA = "application/atom+xml"
_ATOM, _GEORSS = "http://www.w3.org/2005/Atom", "http://www.georss.org/georss"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

register_namespace("georss", _GEORSS)

# What the list does not read: the whole text, the place, and the last public fact.
_DETAILS = text(
    """
    SELECT c.id, c.body, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, greatest(c.created_at, (
             SELECT max(e.at) FROM event e
             WHERE e.public AND (e.contribution_id = c.id OR (e.ticket_id = c.ticket_id AND e.contribution_id IS NULL))
           )) AS updated_at
    FROM contribution c WHERE c.id = ANY(CAST(:ids AS bigint[])) AND c.visibility = 'public'
    """
)


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `place` is (lon, lat) in degrees; `link` is absolute, `id` unique for ever."""

    id: str
    title: str
    text: str
    link: str
    updated: datetime
    published: datetime | None = None
    terms: Sequence[tuple[str, str]] = ()
    """Categories: the term, and its label for people."""
    place: tuple[float, float] | None = None


def details(session: Session, ids: Iterable[int]) -> Mapping[int, Any]:
    """What a feed adds to the rows of a list, by the contribution's id; what is not public is not there."""
    return {row.id: row for row in session.execute(_DETAILS, {"ids": list(ids)})}


def atom(*, title: str, author: str, address: str, page: str, language: str, entries: Sequence[Entry]) -> bytes:
    """The feed as UTF-8 XML. `address` is the feed's own URL and its id, `page` that of what it tells; both absolute.

    Nothing in it depends on when it is made: the same entries are the same bytes.
    """
    feed = Element("feed", {"xmlns": _ATOM, "xml:lang": language})
    _say(feed, "id", address)
    _say(feed, "title", title)
    _say(feed, "updated", _moment(max((entry.updated for entry in entries), default=_EPOCH)))
    _say(SubElement(feed, "author"), "name", author)
    SubElement(feed, "link", rel="self", type=MEDIA, href=address)
    SubElement(feed, "link", rel="alternate", type="text/html", href=page)
    for entry in entries:
        _add(feed, entry)
    return bytes(tostring(feed, encoding="utf-8", xml_declaration=True))


def _add(feed: Element, entry: Entry) -> None:
    inside = SubElement(feed, "entry")
    _say(inside, "id", entry.id)
    _say(inside, "title", entry.title)
    _say(inside, "updated", _moment(entry.updated))
    if entry.published is not None:
        _say(inside, "published", _moment(entry.published))
    SubElement(inside, "link", rel="alternate", type="text/html", href=entry.link)
    for term, label in entry.terms:
        SubElement(inside, "category", term=term, label=xml_text(label))
    _say(inside, "content", entry.text, type="text")
    if entry.place is not None:
        lon, lat = entry.place
        _say(inside, f"{{{_GEORSS}}}point", f"{lat:.6f} {lon:.6f}")


def _say(parent: Element, tag: str, words: str, **attributes: str) -> None:
    SubElement(parent, tag, attributes).text = xml_text(words)


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
