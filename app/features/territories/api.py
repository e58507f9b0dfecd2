"""`/api/v1/territories`, `/api/v1/categories`: what a town is made of, for programs and for our own pages."""

from __future__ import annotations

import json

from flask import Blueprint, Response, jsonify, request
from sqlalchemy import select, text

from app.core.access import public
from app.core.db import db
from app.core.errors import NotFound, invalid
from app.core.openapi import documented
from app.features.territories import api_reference
from app.features.territories.catalogue import CategoryFacts, current_town
from app.features.territories.hosts import spoken_of
from app.features.territories.models import Territory
from app.features.territories.shapes import (
    Categories,
    CategoryDocument,
    Territories,
    TerritoryFacts,
    TerritoryFeature,
    TerritoryProperties,
)

blueprint = Blueprint("territories_api", __name__, url_prefix="/api/v1")


@blueprint.get("/territories")
@public
@documented(api_reference.TERRITORIES)
def index() -> Response:
    """Every active territory of which this host speaks, the largest first."""
    rows = db.session.scalars(select(Territory).where(Territory.active).order_by(Territory.area_m2.desc()))
    document: Territories = {"territories": [_summary(row) for row in rows if spoken_of(row.id)]}
    return jsonify(document)


@blueprint.get("/territories/<slug>")
@public
@documented(api_reference.TERRITORY)
def show(slug: str) -> Response:
    """One territory as a GeoJSON feature, its boundary in WGS84."""
    row = _territory(slug)
    boundary = db.session.scalar(text("SELECT ST_AsGeoJSON(boundary, 6) FROM territory WHERE id = :id"), {"id": row.id})
    zones = db.session.execute(
        text("SELECT kind, slug, name FROM zone WHERE territory_id = :id ORDER BY kind, name"), {"id": row.id}
    ).all()
    properties: TerritoryProperties = {
        **_summary(row),
        "zones": [{"kind": zone.kind, "slug": zone.slug, "name": zone.name} for zone in zones],
        "town_hall": row.town_hall,
    }
    feature: TerritoryFeature = {
        **properties,
        "type": "Feature",
        "id": row.slug,
        "properties": properties,
        "geometry": json.loads(boundary or "null"),
    }
    return jsonify(feature)


@blueprint.get("/categories")
@public
@documented(api_reference.CATEGORIES)
def categories() -> Response:
    """The categories a territory offers, its parents' included, in their order."""
    slug = request.args.get("territory")
    if not slug:
        raise invalid("/territory", "Say which territory: ?territory=SLUG.")
    town = current_town(db.session, _territory(slug).id)
    document: Categories = {
        "territory": town.slug,
        "categories": [_category(category) for category in town.categories_by_id.values() if category.active],
    }
    return jsonify(document)


def _territory(slug: str) -> Territory:
    row = db.session.scalar(select(Territory).where(Territory.slug == slug, Territory.active))
    if row is None or not spoken_of(row.id):
        raise NotFound("No territory has this name.")
    return row


def _summary(row: Territory) -> TerritoryFacts:
    parent = db.session.get(Territory, row.parent_id) if row.parent_id else None
    return {
        "slug": row.slug,
        "name": row.name,
        "kind": row.kind,
        "code": row.code,
        "parent": parent.slug if parent else None,
        "prefix": row.prefix,
        "population": row.population,
        "timezone": row.timezone,
        "languages": row.languages,
    }


def _category(category: CategoryFacts) -> CategoryDocument:
    return {
        "slug": category.slug,
        "parent": category.parent,
        "leaf": category.leaf,
        "kinds": sorted(category.kinds),
        "labels": dict(category.label),
        "descriptions": dict(category.description),
        "icon": category.icon,
        "questions": [dict(question) for question in category.questions],
        "group_radius_m": category.group_radius_m,
        "group_window_days": category.group_window_days,
        "target_delay": category.target_delay,
        "contact": category.contact,
        "photo": category.photo,
        "moderation": category.moderation,
    }
