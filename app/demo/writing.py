"""The imagined past, written as the real one would have been: placed week after week, answered week after week."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import h3
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import outbox
from app.demo.lives import ZONE, Matter, Move, life_of
from app.demo.past import Said
from app.demo.towns import Towns
from app.features.contributions.pyramid import rebuild_cells
from app.features.contributions.services import H3_RESOLUTION
from app.features.territories.catalogue import current_town
from app.features.tickets.placing import Waiting, place
from app.features.tickets.workflow import CLOSED

CHAPTER = timedelta(days=7)
"""What is placed and answered in one go."""

HOTSPOTS_AT_ONCE = 40
"""Partitions that one piece of work recomputes."""

# Zones as `territories.places.locate` finds them, for a chapter at once.
_KEEP = text(
    """
    WITH said AS (
      SELECT s.*, ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4326) AS geom
      FROM jsonb_to_recordset(CAST(:said AS jsonb)) AS s(
        number int, reference text, territory_id int, category_id int, kind text, channel text, language text,
        title text, body text, answers jsonb, lon float8, lat float8, accuracy_m float4, address text, h3 bigint,
        visibility text, at timestamptz, photo_count int, supports int, email text)
    ), kept AS (
      INSERT INTO contribution (reference, territory_id, category_id, kind, channel, language, title, body, answers,
                                geom, accuracy_m, address, h3, zone_ids, visibility, created_at, received_at,
                                photo_count, supports)
      SELECT reference, territory_id, category_id, kind, channel, language, title, body, answers,
             geom, accuracy_m, address, h3,
             ARRAY(SELECT DISTINCT z.id FROM zone_part zp JOIN zone z ON z.id = zp.zone_id
                   WHERE ST_Covers(zp.geom, said.geom) AND z.territory_id = said.territory_id ORDER BY z.id),
             visibility, at, at, photo_count, supports
      FROM said ORDER BY number
      RETURNING id, reference, zone_ids
    ), history AS (
      INSERT INTO event (contribution_id, type, at, state_to, data)
      SELECT kept.id, 'received', said.at, 'new', jsonb_build_object('channel', said.channel)
      FROM kept JOIN said USING (reference) ORDER BY said.number
    ), reach AS (
      INSERT INTO contribution_contact (contribution_id, email)
      SELECT kept.id, said.email FROM kept JOIN said USING (reference) WHERE said.email IS NOT NULL
    )
    SELECT said.number, kept.id, kept.reference, kept.zone_ids FROM kept JOIN said USING (reference)
    ORDER BY said.number
    """
)
_NUMBERS = text("SELECT nextval(CAST(:sequence AS regclass)) FROM generate_series(1, :count)")
_TICKETS = text(
    """
    SELECT t.id, t.reference, t.kind, t.opened_at, t.last_at, t.due_at, t.state, t.service_id
    FROM ticket t WHERE t.reference = ANY(:references)
    """
)
# `place` asks for the hotspots once a chapter; once is enough.
_ASKED_OFTEN = text("DELETE FROM outbox WHERE topic = 'hotspots' AND id > :before")
_PARTITIONS = text(
    """
    SELECT DISTINCT territory_id, category_id, kind FROM contribution WHERE territory_id = ANY(:ids) ORDER BY 1, 2, 3
    """
)
_NEWEST_WORK = text("SELECT coalesce(max(id), 0) FROM outbox")
_LAST = text("SELECT id, last_at FROM ticket WHERE id = ANY(:ids)")
_HAPPEN = text(
    """
    WITH moves AS (
      SELECT * FROM jsonb_to_recordset(CAST(:moves AS jsonb)) AS m(
        number int, ticket_id bigint, at timestamptz, type text, account_id int, state_from text, state_to text,
        body text, public bool, data jsonb)
    ), ends AS (
      SELECT * FROM jsonb_to_recordset(CAST(:ends AS jsonb)) AS e(
        ticket_id bigint, state text, at timestamptz, closed_at timestamptz, due_at timestamptz, waiting_for text,
        assignee_id int, steps int)
    ), written AS (
      INSERT INTO event (ticket_id, type, account_id, at, state_from, state_to, body, public, data)
      SELECT ticket_id, type, account_id, at, state_from, state_to, body, public, data FROM moves ORDER BY number
    ), moved AS (
      UPDATE ticket SET state = ends.state, updated_at = ends.at, closed_at = ends.closed_at, due_at = ends.due_at,
                        waiting_for = ends.waiting_for, version = ticket.version + ends.steps,
                        assignee_id = coalesce(ends.assignee_id, ticket.assignee_id)
      FROM ends WHERE ticket.id = ends.ticket_id
    )
    UPDATE contribution SET state = ends.state, changed_at = coalesce(
        (SELECT max(at) FROM moves WHERE moves.ticket_id = ends.ticket_id AND public), contribution.changed_at)
      FROM ends WHERE contribution.ticket_id = ends.ticket_id
    """
)


@dataclass
class _Life:
    """A ticket that lives: its state, and what is still going to happen to it."""

    id: int
    kind: str
    service_id: int
    state: str
    due_at: datetime | None
    moves: list[Move]
    closed_at: datetime | None = None
    waiting_for: str | None = None
    assignee_id: int | None = None


@dataclass(frozen=True)
class Staff:
    """Whose name the desk shows beside an event: by service, else the dispatcher's."""

    by_service: Mapping[int, int]
    dispatcher: int

    def who(self, service_id: int, role: str) -> int | None:
        """The account that acts; nobody's for an author."""
        return None if role == "author" else self.by_service.get(service_id, self.dispatcher)


class Chronicle:
    """Writes the past of the demo in the caller's transaction, chapter after chapter."""

    def __init__(self, session: Session, towns: Towns, *, seed: int, day: date, staff: Staff) -> None:
        self.session, self.seed, self.day, self.staff = session, seed, day, staff
        self.towns = {slug: current_town(session, row.id) for slug, row in towns.by_slug.items()}
        self.lives: dict[int, _Life] = {}
        self.ids: dict[str, int] = {}
        """Contribution id by the key of what was said."""

    def write(self, past: Sequence[Said], *, tell: Callable[[int], None] = lambda done: None) -> None:
        """Everything, in the order in which it was said; `tell` hears how many contributions are written."""
        end = datetime.combine(self.day, time(), tzinfo=ZONE).astimezone(UTC)
        start, done = past[0].at, 0
        before = self.session.scalar(_NEWEST_WORK)
        while start < end:
            until = min(start + CHAPTER, end)
            chapter = [said for said in past[done : done + len(past)] if start <= said.at < until]
            if chapter:
                self._place(chapter)
                done += len(chapter)
            self._live_until(until)
            start = until
            tell(done)
        for town in self.towns.values():
            rebuild_cells(self.session, town.id)
        self.session.execute(_ASKED_OFTEN, {"before": before})
        self._ask_for_hotspots()

    def _ask_for_hotspots(self) -> None:
        ids = [town.id for town in self.towns.values()]
        partitions = [list(row) for row in self.session.execute(_PARTITIONS, {"ids": ids})]
        for start in range(0, len(partitions), HOTSPOTS_AT_ONCE):
            payload = {"partitions": partitions[start : start + HOTSPOTS_AT_ONCE]}
            outbox.add(self.session, topic="hotspots", payload=payload)

    def _place(self, chapter: Sequence[Said]) -> None:
        rows = [self._row(number, said) for number, said in enumerate(chapter)]
        for slug, home in self.towns.items():
            own = [row for row, said in zip(rows, chapter, strict=True) if said.spot.territory == slug]
            asked = {"sequence": f"reference_{home.id}", "count": len(own)}
            for row, number in zip(own, self.session.scalars(_NUMBERS, asked), strict=True):
                row["reference"] = f"{home.prefix}-{number}"
        kept = self.session.execute(_KEEP, {"said": json.dumps(rows)}).all()
        waiting = [self._waiting(said, row) for said, row in zip(chapter, kept, strict=True)]
        for said, item in zip(chapter, waiting, strict=True):
            self.ids[said.key] = item.id
        place(self.session, waiting, backdated=True)
        self._begin_lives(waiting, {item.reference: said for said, item in zip(chapter, waiting, strict=True)})

    def _row(self, number: int, said: Said) -> dict[str, Any]:
        home = self.towns[said.spot.territory]
        category = home.categories[said.category]
        cell = h3.latlng_to_cell(said.spot.lat, said.spot.lon, H3_RESOLUTION)
        return {
            "number": number,
            "territory_id": home.id,
            "category_id": category.id,
            "kind": said.kind,
            "channel": said.channel,
            "language": said.language,
            "title": said.saying.title or None,
            "body": said.saying.text,
            "answers": dict(said.answers),
            "lon": said.spot.lon,
            "lat": said.spot.lat,
            "accuracy_m": said.accuracy_m,
            "address": said.spot.address,
            "h3": h3.str_to_int(cell),
            "visibility": said.visibility,
            "at": said.at.isoformat(),
            "photo_count": len(said.pictures),
            "supports": said.supports,
            # Some categories ask how to reach the author; nobody is behind these addresses.
            "email": f"voisin-{said.key}@demo.example" if category.contact == "required" else None,
        }

    def _waiting(self, said: Said, row: Any) -> Waiting:
        home = self.towns[said.spot.territory]
        return Waiting(
            id=row.id,
            reference=row.reference,
            territory_id=home.id,
            version=home.version,
            category_id=home.categories[said.category].id,
            kind=said.kind,
            channel=said.channel,
            lon=said.spot.lon,
            lat=said.spot.lat,
            zone_ids=list(row.zone_ids),
            answers=dict(said.answers),
            title=said.saying.title or said.saying.text[:90],
            text=said.saying.text,
            visibility=said.visibility,
            created_at=said.at,
        )

    def _begin_lives(self, waiting: Sequence[Waiting], said: Mapping[str, Said]) -> None:
        references = [item.reference for item in waiting]
        for row in self.session.execute(_TICKETS, {"references": references}):
            first = said[row.reference]
            matter = Matter(first.key, first.kind, first.category, row.opened_at, row.due_at)
            moves = life_of(matter, seed=self.seed, today=self.day)
            self.lives[row.id] = _Life(row.id, row.kind, row.service_id, row.state, row.due_at, moves)

    def _live_until(self, until: datetime) -> None:
        """Let happen what was going to happen before `until`."""
        due = {life.id: life for life in self.lives.values() if life.moves and life.moves[0].at < until}
        if not due:
            return
        last: dict[int, datetime] = {row.id: row.last_at for row in self.session.execute(_LAST, {"ids": list(due)})}
        moves: list[dict[str, Any]] = []
        ends = [end for life in due.values() if (end := self._happen(life, last[life.id], until, moves))]
        moves.sort(key=lambda move: (move["at"], move["ticket_id"], move["number"]))
        numbered = [move | {"number": number} for number, move in enumerate(moves)]
        if ends:
            self.session.execute(_HAPPEN, {"moves": json.dumps(numbered), "ends": json.dumps(ends)})
        for life in due.values():
            if not life.moves:
                del self.lives[life.id]

    def _happen(
        self, life: _Life, last_at: datetime, until: datetime, moves: list[dict[str, Any]]
    ) -> dict[str, Any] | None:
        before = len(moves)
        at = last_at
        while life.moves and life.moves[0].at < until:
            move = life.moves[0]
            if move.state in CLOSED and move.at <= last_at:
                # A neighbour said it again meanwhile: it cannot have been over.
                life.moves = _later(life.moves, last_at - move.at + timedelta(hours=5))
                continue
            life.moves.pop(0)
            moves.append(self._event(life, move, len(moves)))
            self._enter(life, move)
            at = move.at
        if len(moves) == before:
            return None
        return {
            "ticket_id": life.id,
            "state": life.state,
            "at": at.isoformat(),
            "closed_at": life.closed_at.isoformat() if life.closed_at else None,
            "due_at": life.due_at.isoformat() if life.due_at else None,
            "waiting_for": life.waiting_for,
            "assignee_id": life.assignee_id,
            "steps": len(moves) - before,
        }

    def _event(self, life: _Life, move: Move, number: int) -> dict[str, Any]:
        data: dict[str, Any] = {"reason": move.change.reason} if move.change.reason else {}
        if move.change.planned_on:
            data["planned_on"] = move.change.planned_on.isoformat()
        return {
            "number": number,
            "ticket_id": life.id,
            "at": move.at.isoformat(),
            "type": "state" if move.state else "answer",
            "account_id": self.staff.who(life.service_id, move.role),
            "state_from": life.state if move.state else None,
            "state_to": move.state,
            "body": move.change.text or None,
            "public": move.public,
            "data": data,
        }

    def _enter(self, life: _Life, move: Move) -> None:
        if move.state is None:
            return
        life.state = move.state
        life.closed_at = move.at if move.state in CLOSED else None
        life.waiting_for = move.change.waiting_for
        if move.change.planned_on and life.kind == "problem":
            # As `tickets.services.states` does: a planned day is promised for six in the evening.
            life.due_at = datetime.combine(move.change.planned_on, time(18), tzinfo=ZONE).astimezone(UTC)
        if move.state == "reopened" and life.kind == "problem":
            life.due_at = move.at + timedelta(days=7)
        if move.state == "accepted" and life.assignee_id is None:
            life.assignee_id = self.staff.by_service.get(life.service_id)


def _later(moves: Sequence[Move], by: timedelta) -> list[Move]:
    return [Move(move.at + by, move.state, move.role, move.change, move.public) for move in moves]
