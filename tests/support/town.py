"""A small town written straight into the database, for tests that need places rather than the way they were told."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.contributions.pyramid import CellChange
from geodata.hexagons import cell_of

WEST, SOUTH, EAST, NORTH = -1.53, 43.45, -1.42, 43.52
"""The square town's bounds, in degrees: 9 km by 8."""


@dataclass
class Town:
    """Ids of what was made; `add` puts one contribution (with its ticket) in it."""

    session: Session
    territory_id: int
    service_id: int
    slug: str
    categories: dict[str, int] = field(default_factory=dict)
    made: int = 0

    def category(self, slug: str, *, parent: str | None = None) -> int:
        """Add a category of the three kinds."""
        self.categories[slug] = self.session.execute(
            text(
                "INSERT INTO category (territory_id, parent_id, slug, label, description, kinds, icon, service_id) "
                "VALUES (:t, :p, :s, CAST(:label AS jsonb), '{}', '{problem,praise,proposal}', :icon, :service) "
                "RETURNING id"
            ),
            {
                "t": self.territory_id,
                "p": self.categories.get(parent or ""),
                "s": slug,
                "label": json.dumps({"fr": slug}),
                "icon": f"icon-{slug}",
                "service": self.service_id,
            },
        ).scalar_one()
        return self.categories[slug]

    def zone(self, slug: str, bounds: tuple[float, float, float, float], *, kind: str = "quartier") -> int:
        """Add a rectangular zone (west, south, east, north)."""
        zone = self.session.execute(
            text(
                "INSERT INTO zone (territory_id, kind, slug, name, population, boundary) "
                "VALUES (:t, :kind, :s, :s, 1000, ST_Multi(ST_MakeEnvelope(:w, :so, :e, :n, 4326))) RETURNING id"
            ),
            {"t": self.territory_id, "kind": kind, "s": slug, **dict(zip(("w", "so", "e", "n"), bounds, strict=True))},
        ).scalar_one()
        self.session.execute(
            text("INSERT INTO zone_part (zone_id, geom) SELECT id, ST_GeometryN(boundary, 1) FROM zone WHERE id = :z"),
            {"z": zone},
        )
        return int(zone)

    def add(self, lon: float, lat: float, **facts: Any) -> CellChange:
        """Add one contribution and return its face for the pyramid, which is not touched here."""
        self.made += 1
        values: dict[str, Any] = {
            "category": next(iter(self.categories), None),
            "kind": "problem",
            "state": "new",
            "visibility": "public",
            "created_at": datetime.now(UTC),
            "title": "",
            "address": None,
            "placed": True,
            "zone_ids": [],
            "h3": cell_of(lon, lat),
        } | facts
        reference = f"{self.slug[:3].upper()}-{self.made}"
        category_id = self.categories[values["category"]]
        closed = values["state"] in ("done", "declined", "duplicate")
        row = values | {
            "reference": reference, "lon": lon, "lat": lat, "category_id": category_id,
            "t": self.territory_id, "service": self.service_id, "closed": values["created_at"] if closed else None,
        }  # fmt: skip
        if values["placed"]:
            row["ticket"] = self.session.execute(_TICKET, row).scalar_one()
        else:
            row["ticket"] = None
        contribution_id = self.session.execute(_CONTRIBUTION, row).scalar_one()
        return CellChange(
            contribution_id=contribution_id,
            territory_id=self.territory_id,
            category_id=category_id,
            kind=values["kind"],
            state=values["state"],
            lon=lon,
            lat=lat,
            created_at=values["created_at"],
        )


_TICKET = text(
    "INSERT INTO ticket (reference, territory_id, category_id, service_id, kind, state, anchor, opened_at, last_at, "
    "updated_at, closed_at, zone_ids, routing) VALUES (:reference, :t, :category_id, :service, :kind, :state, "
    "ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :created_at, :created_at, :created_at, :closed, "
    ":zone_ids, '{}') RETURNING id"
)
_CONTRIBUTION = text(
    "INSERT INTO contribution (reference, territory_id, category_id, kind, channel, title, geom, h3, visibility, "
    "state, created_at, ticket_id, address, zone_ids) VALUES (:reference, :t, :category_id, :kind, 'web', :title, "
    "ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :h3, :visibility, :state, :created_at, :ticket, :address, :zone_ids) "
    "RETURNING id"
)


def make_town(
    session: Session, slug: str = "bidache", *, parent_id: int | None = None, prefix: str | None = None
) -> Town:
    """A square commune with one service and no category; its SRID is Lambert 93."""
    territory_id = session.execute(
        text(
            "INSERT INTO territory (slug, name, parent_id, boundary, area_m2, srid, prefix, town_hall, settings) "
            "VALUES (:s, initcap(:s), :p, ST_Multi(ST_MakeEnvelope(:w, :so, :e, :n, 4326)), 7e7, 2154, :prefix, "
            "'{}', '{}') RETURNING id"
        ),
        {"s": slug, "p": parent_id, "w": WEST, "so": SOUTH, "e": EAST, "n": NORTH,
         "prefix": prefix or slug[:3].upper()},
    ).scalar_one()  # fmt: skip
    service_id = session.execute(
        text(
            "INSERT INTO service (territory_id, slug, name, is_triage) VALUES (:t, 'a-trier', '{\"fr\": \"À trier\"}', "
            "true) RETURNING id"
        ),
        {"t": territory_id},
    ).scalar_one()
    return Town(session=session, territory_id=territory_id, service_id=service_id, slug=slug)
