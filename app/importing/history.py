"""The tickets that were open in the time an import goes through: those of before, then its own as it opens them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, text

from app.features.territories.catalogue import Town
from app.features.tickets.grouping import Anchor, Anchors, Spot
from app.importing.staging import Span

# A ticket that could take the first row or a later one. Taken once: what the town's people write meanwhile is said
# now, after every row of the file.
_PAST = text(
    """
    CREATE TEMP TABLE import_past AS
    SELECT t.id, t.territory_id, t.category_id, ST_X(t.anchor) AS lon, ST_Y(t.anchor) AS lat, t.opened_at, t.closed_at
    FROM ticket t WHERE false
    """
)
_FILL = text(
    """
    INSERT INTO import_past
    SELECT t.id, t.territory_id, t.category_id, ST_X(t.anchor), ST_Y(t.anchor), t.opened_at, t.closed_at
    FROM ticket t JOIN import_town town ON town.id = t.territory_id JOIN category c ON c.id = t.category_id
    WHERE t.kind = 'problem' AND c.group_radius_m > 0 AND t.opened_at <= :last
      AND t.opened_at >= :first - make_interval(days => c.group_window_days)
      AND (t.closed_at IS NULL OR t.closed_at > :first)
    """
)
_NEXT = text("SELECT * FROM import_past WHERE opened_at > :after AND opened_at <= :until ORDER BY id")

_BEFORE_ALL = -(2**62)
"""Added to a ticket's id where anchors are compared: a ticket that was there is older than one opened now."""


class History:
    """Anchors of open tickets, moved on through time; what time has passed is forgotten, so memory stays small."""

    def __init__(self, connection: Connection, span: Span) -> None:
        self.anchors = Anchors()
        self._connection = connection
        self._until: datetime | None = None
        self._limit = 50_000
        connection.execute(_PAST)
        if span.first is not None:
            connection.execute(_FILL, {"first": span.first, "last": span.last})
            connection.exec_driver_sql("CREATE INDEX ON import_past (opened_at)")

    def move(self, first: datetime, last: datetime, towns: Mapping[int, Town]) -> None:
        """Take in the tickets opened up to `last`, and let go of those that can take nothing from `first` on."""
        after = self._until or datetime.min.replace(tzinfo=first.tzinfo)
        for row in self._connection.execute(_NEXT, {"after": after, "until": last}):
            if row.territory_id not in towns:
                continue
            category = towns[row.territory_id].categories_by_id[row.category_id]
            spot = Spot(
                key=_BEFORE_ALL + row.id,
                territory_id=row.territory_id,
                category_id=row.category_id,
                lon=row.lon,
                lat=row.lat,
                radius_m=category.group_radius_m,
                window_days=category.group_window_days,
                at=row.opened_at,
            )
            self.anchors.add(Anchor(spot, ticket_id=row.id, closed_at=row.closed_at))
        self._until = last
        if self.anchors.size > self._limit:
            self.anchors.forget(first)
            self._limit = max(50_000, 2 * self.anchors.size)
