"""Where a ticket belongs: its service, its category, its place. Routing is judged again, once, as an event."""

from __future__ import annotations

from typing import Any

import h3
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import invalid
from app.core.texts import one_line
from app.features.accounts.policies import Actor
from app.features.contributions.pyramid import change_cells
from app.features.contributions.services import H3_RESOLUTION
from app.features.territories.catalogue import Town, current_town
from app.features.territories.deciding import due_date
from app.features.territories.places import Place, locate
from app.features.tickets import policies
from app.features.tickets.grouping import GEOD
from app.features.tickets.matters import judge, matter_of
from app.features.tickets.models import Ticket
from app.features.tickets.services.common import (
    Done,
    append,
    cell_change,
    concentrations_changed,
    locked_ticket,
    mirror,
    record,
)
from app.features.tickets.services.groups import split_contribution
from app.features.tickets.services.states import checked_text

ADDRESS_MAX = 300
"""Characters, as when it is first said."""


def move_to_service(
    session: Session, actor: Actor, *, reference: str, service: str, version: int, text: str = ""
) -> Done:
    """Give a ticket to another service of its town or of a town above; `text` stays between colleagues."""
    ticket = locked_ticket(session, actor, reference=reference, version=version, may=policies.may_move)
    town = current_town(session, ticket.territory_id)
    target = town.service_keys.get(service.strip())
    if target is None:
        raise invalid("/service", "No service is called %(slug)s here.", slug=service)
    if target.id == ticket.service_id:
        raise invalid("/service", "The ticket is already with this service.")
    reason = checked_text(text, needed=False)
    was = town.services.get(ticket.service_id)
    if reason:
        append(session, ticket, actor, kind="note", public=False, body=reason)
    _hand_over(ticket, target.id)
    return record(
        session,
        ticket,
        actor,
        kind="moved",
        data={"from": was.slug if was else None, "to": target.slug, "service_id": target.id},
    )


def change_category(session: Session, actor: Actor, *, reference: str, category: str, version: int) -> Done:
    """Correct the category of a ticket and of all its contributions, then route again."""
    ticket = locked_ticket(session, actor, reference=reference, version=version)
    town = current_town(session, ticket.territory_id)
    target = town.categories.get(category.strip())
    if target is None or not target.leaf or not target.active:
        raise invalid("/category", "No category is called %(slug)s here.", slug=category)
    if ticket.kind not in target.kinds:
        raise invalid("/category", "This category does not take contributions of this kind.")
    if target.id == ticket.category_id:
        raise invalid("/category", "The ticket already has this category.")
    was = town.categories_by_id[ticket.category_id]
    ticket.category_id = target.id
    mirror(session, ticket, category_id=target.id)
    ticket.due_at = due_date(town, target, kind=ticket.kind, at=ticket.opened_at)
    concentrations_changed(
        session, (ticket.territory_id, was.id, ticket.kind), (ticket.territory_id, target.id, ticket.kind)
    )
    done = record(session, ticket, actor, kind="category", data={"from": was.slug, "to": target.slug})
    _route_again(session, actor, ticket, town)
    return done


def change_place(
    session: Session,
    actor: Actor,
    *,
    reference: str,
    lon: float,
    lat: float,
    version: int,
    address: str | None = None,
    tell: bool = True,
) -> Done:
    """Correct the place of a ticket and of the contribution that opened it, then route again. Degrees in WGS84.

    The event keeps where it was. `address` None leaves the words as they are. Another contribution of the group that
    lies elsewhere is taken out first.
    """
    ticket = locked_ticket(session, actor, reference=reference, version=version)
    place = _checked_place(session, ticket, lon, lat)
    town = current_town(session, ticket.territory_id)
    before = matter_of(session, ticket_id=ticket.id, reference=ticket.reference)
    data: dict[str, Any] = {
        "from": [round(before.lon, 6), round(before.lat, 6)],
        "to": [round(lon, 6), round(lat, 6)],
        "distance_m": round(GEOD.inv(before.lon, before.lat, lon, lat)[2], 1),
    }
    renamed = _rename(session, before.id, address)
    if data["from"] == data["to"] and not renamed:
        raise invalid("/lat", "The ticket is already at this place.")
    _move_first(session, before, lon=lon, lat=lat, place=place)
    _move_anchor(session, ticket, lon=lon, lat=lat, place=place)
    concentrations_changed(session, (ticket.territory_id, ticket.category_id, ticket.kind))
    done = record(session, ticket, actor, kind="place", data=data | renamed, tell=tell)
    _route_again(session, actor, ticket, town)
    return done


_WHERE = text(
    """
    SELECT c.id, c.reference, c.territory_id, c.category_id, c.kind, c.visibility, c.created_at, c.ticket_id,
           ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, t.reference AS ticket, t.version
    FROM contribution c LEFT JOIN ticket t ON t.id = c.ticket_id WHERE c.reference = :reference
    """
)


def move_contribution(session: Session, actor: Actor, *, reference: str, lon: float, lat: float) -> None:
    """Correct the place of one contribution, and route once more; nobody is told by this. Degrees in WGS84.

    The one that opened its ticket takes the ticket along. Another one leaves the group for a ticket of its own: it was
    joined because of its place. What has no ticket yet is placed from where it now lies.
    """
    row = session.execute(_WHERE, {"reference": reference}).one()
    if row.ticket_id is not None and row.ticket == row.reference:
        change_place(session, actor, reference=row.ticket, lon=lon, lat=lat, version=row.version, tell=False)
        return
    place = _checked_place(session, row, lon, lat)
    _move_first(session, row, lon=lon, lat=lat, place=place)
    if row.ticket_id is not None:
        split_contribution(
            session, actor, reference=row.ticket, contribution=reference, version=row.version, tell=False
        )


def _rename(session: Session, contribution_id: int, address: str | None) -> dict[str, str]:
    """Write another address down; returns what the event keeps of the former one, nothing when it stays."""
    if address is None:
        return {}
    words = one_line(checked_text(address, needed=False))
    if words is not None and len(words) > ADDRESS_MAX:
        raise invalid("/address", "At most %(most)s characters.", most=ADDRESS_MAX)
    was = session.scalar(text("SELECT address FROM contribution WHERE id = :id"), {"id": contribution_id})
    if not words or words == was:
        return {}
    session.execute(
        text("UPDATE contribution SET address = :address WHERE id = :id"), {"address": words, "id": contribution_id}
    )
    return {"address_from": was or "", "address_to": words}


def _route_again(session: Session, actor: Actor, ticket: Ticket, town: Town) -> None:
    """Judge once, write the judgement down once; the assignee stays only if the service does."""
    chosen = judge(session, town, matter_of(session, ticket_id=ticket.id, reference=ticket.reference))
    ticket.routing = chosen.routing
    if chosen.service.id != ticket.service_id:
        _hand_over(ticket, chosen.service.id)
    append(session, ticket, actor, kind="routed", state_to=ticket.state, data=dict(chosen.routing))


def _hand_over(ticket: Ticket, service_id: int) -> None:
    ticket.service_id = service_id
    ticket.assignee_id = None


def _checked_place(session: Session, ticket: Any, lon: float, lat: float) -> Place:
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise invalid("/lat", "Longitude and latitude are degrees: −180 to 180, −90 to 90.")
    place = locate(session, lon, lat)
    if place is None or place.territory_id != ticket.territory_id:
        raise invalid("/lat", "This place lies outside the town of the ticket.")
    return place


def _move_anchor(session: Session, ticket: Ticket, *, lon: float, lat: float, place: Place) -> None:
    session.flush()
    session.execute(
        text("UPDATE ticket SET anchor = ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), zone_ids = :zones WHERE id = :id"),
        {"lon": lon, "lat": lat, "zones": list(place.zone_ids), "id": ticket.id},
    )
    session.refresh(ticket, ["anchor", "zone_ids"])


def _move_first(session: Session, first: Any, *, lon: float, lat: float, place: Place) -> None:
    moved: Any = session.execute(
        text(
            """
            UPDATE contribution SET geom = ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), h3 = :h3, zone_ids = :zones
            WHERE id = :id RETURNING id, territory_id, category_id, kind, state, visibility, created_at, ticket_id,
              ST_X(geom) AS lon, ST_Y(geom) AS lat
            """
        ),
        {
            "lon": lon,
            "lat": lat,
            "h3": h3.str_to_int(h3.latlng_to_cell(lat, lon, H3_RESOLUTION)),
            "zones": list(place.zone_ids),
            "id": first.id,
        },
    ).one()
    # What has no ticket is counted when it gets one.
    if moved.visibility == "public" and moved.ticket_id is not None:
        change_cells(session, [cell_change(moved, sign=-1, lon=first.lon, lat=first.lat), cell_change(moved, sign=1)])
