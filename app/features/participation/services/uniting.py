"""Ideas merged, grouped, or one that gives way to another: nothing is destroyed, nothing is moved.

The originals stay readable and say where they now stand; whoever carried one is asked once whether they carry the
whole. To undo it is to write that it is undone: their votes never left them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import outbox
from app.core.errors import Conflict, Denied, Invalid, NotFound, invalid
from app.core.texts import clean, one_line
from app.features.accounts.policies import Actor
from app.features.contributions.drafts import Draft
from app.features.contributions.services import submit_contribution
from app.features.contributions.supporting import CLOSED, cast_vote
from app.features.moderation.services import hide
from app.features.participation.jobs import UNITED
from app.features.participation.models import IdeaUnion, IdeaUnionPart
from app.features.participation.policies import may_unite
from app.features.participation.services.amending import own_idea
from app.features.territories.processes import VALUES, process
from app.features.tickets.models import Event

MOST = 20
"""Ideas that one union may hold."""
WHY_MAX = 1000

# In the order of their ids, so that two who unite the same ideas never wait in a ring.
_PARTS = text(
    """
    SELECT c.id, c.reference, c.territory_id, c.ticket_id, c.kind, c.state, c.visibility, k.slug AS category, c.address,
           ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, c.language, c.process_id, (
             SELECT count(*) FROM idea_union_part ip JOIN idea_union u ON u.id = ip.union_id
             WHERE ip.contribution_id = c.id AND u.undone_at IS NULL AND u.result_id IS NOT NULL) > 0 AS united
    FROM contribution c JOIN category k ON k.id = c.category_id
    WHERE c.reference = ANY(CAST(:references AS text[])) ORDER BY c.id FOR NO KEY UPDATE OF c
    """
)
_INVITE = text(
    """
    INSERT INTO idea_invitation (union_id, person)
    SELECT DISTINCT CAST(:union AS bigint), s.person FROM support s
    WHERE s.contribution_id = ANY(CAST(:parts AS bigint[])) AND s.value > 0
      AND NOT EXISTS (SELECT FROM support own WHERE own.contribution_id = :result AND own.person = s.person)
    """
)
# Said now, it would join the process of today: what unites ideas of one process is voted on as they are.
_SHOW_MADE = text(
    """
    UPDATE contribution SET visibility = 'public', process_id = coalesce(CAST(:process AS int), process_id),
           supports = CASE WHEN :process IS NULL THEN supports WHEN :hides THEN NULL ELSE 0 END
    WHERE reference = :reference
    """
)
_MARK_MADE = text(
    "UPDATE contribution SET visibility = 'public', source = 'union', source_id = CAST(:union AS text) WHERE id = :id"
)
_UNION = text("SELECT id, kind, result_id, undone_at FROM idea_union WHERE id = :id FOR UPDATE")
_PARTS_OF = text(
    """
    SELECT c.id, c.reference, c.ticket_id, c.territory_id FROM idea_union_part ip
    JOIN contribution c ON c.id = ip.contribution_id WHERE ip.union_id = :id ORDER BY c.id
    """
)
_UNDO = text("UPDATE idea_union SET undone_at = now(), undone_by = :account, undone_why = :why WHERE id = :id")
_MADE = text(
    "SELECT reference FROM contribution WHERE id = :id AND source = 'union' AND source_id = CAST(:union AS text) "
    "AND visibility = 'public'"
)
_ANSWER = text(
    """
    UPDATE idea_invitation i SET answer = :answer, answered_at = now() FROM idea_union u
    WHERE u.id = i.union_id AND u.result_id = :result AND u.undone_at IS NULL AND i.answer IS NULL
      AND i.person = ANY(CAST(:persons AS bytea[]))
    RETURNING i.union_id
    """
)
_SAID_BEFORE = text(
    """
    SELECT s.value FROM support s JOIN idea_union_part ip ON ip.contribution_id = s.contribution_id
    WHERE ip.union_id = ANY(CAST(:unions AS bigint[])) AND s.person = ANY(CAST(:persons AS bytea[]))
    ORDER BY s.created_at DESC LIMIT 1
    """
)


def merge_ideas(
    session: Session,
    actor: Actor,
    *,
    references: Sequence[str],
    why: str,
    into: str = "",
    title: str = "",
    body: str = "",
    within: Collection[int] | None = None,
) -> IdeaUnion:
    """Merge ideas into one that exists (`into`), or into a new one at the place of the first; the caller commits.

    Raises `Denied`, `NotFound`, `Conflict` for one that is closed or united already, `Invalid` for missing words.
    """
    parts = _united_parts(session, actor, references, within, apart_from=into)
    why = _reason(why)
    if into:
        [result] = _open_ideas(session, [into], within)
        _allowed(actor, [result])
    else:
        result = _new_idea(session, parts, title=title, body=body, within=within)
    union = _unite(session, "merge", parts, result=result, why=why, account_id=actor.id)
    if not into:
        session.execute(_MARK_MADE, {"id": result.id, "union": union.id})
    return union


def group_ideas(
    session: Session,
    actor: Actor,
    *,
    references: Sequence[str],
    title: str,
    why: str,
    within: Collection[int] | None = None,
) -> IdeaUnion:
    """Put ideas under one title; each keeps its page and its votes. Raises like `merge_ideas`."""
    parts = _united_parts(session, actor, references, within)
    called = one_line(title)
    if called is None or len(called) > 140:
        raise invalid("/title", "Give the group a title of at most 140 characters.")
    return _unite(session, "group", parts, result=None, why=_reason(why), title=called, account_id=actor.id)


def give_way(
    session: Session,
    *,
    reference: str,
    follow_hash: bytes,
    into: str,
    why: str = "",
    within: Collection[int] | None = None,
) -> IdeaUnion:
    """The author withdraws their idea in favour of another; the caller commits. Raises like `merge_ideas`."""
    own = own_idea(session, reference, follow_hash, within)
    if into.strip().upper() == own.reference:
        raise invalid("/into", "Name another idea than this one.")
    try:
        parts = _open_ideas(session, [own.reference], within)
        [result] = _open_ideas(session, [into], within)
    except NotFound:
        raise invalid("/into", "No public idea has this number.") from None
    return _unite(session, "yield", parts, result=result, why=clean(why)[:WHY_MAX], account_id=None)


def undo_union(session: Session, actor: Actor, *, union_id: int, why: str) -> None:
    """Say that it is undone: the parts stand alone again, an idea that the merge made is no longer shown.

    The caller commits. Raises `NotFound`, `Denied`, `Conflict` when it was undone already, `Invalid` without a reason.
    """
    union = session.execute(_UNION, {"id": union_id}).one_or_none()
    if union is None:
        raise NotFound("There is no such union.")
    parts = session.execute(_PARTS_OF, {"id": union_id}).all()
    _allowed(actor, parts)
    if union.undone_at is not None:
        raise Conflict("A colleague decided meanwhile. Look at it again.")
    why = _reason(why)
    session.execute(_UNDO, {"id": union_id, "account": actor.id, "why": why})
    for part in parts:
        _write_down(session, part, "parted", actor.id, {"union": union_id})
    made = session.scalar(_MADE, {"id": union.result_id, "union": union_id}) if union.result_id else None
    if made is not None:
        hide(session, actor, reference=made, reason="other", words=why)


def answer_invitation(
    session: Session,
    *,
    reference: str,
    person: Sequence[bytes],
    carries: bool,
    within: Collection[int] | None = None,
) -> bool:
    """Say whether one carries the whole as one carried a part; the caller commits. False: nobody asked, or answered.

    Whoever does votes as they had voted on the part, where the process takes that. Raises like `cast_vote`.
    """
    [result] = _open_ideas(session, [reference], within)
    asked = {"result": result.id, "persons": list(person), "answer": "yes" if carries else "no"}
    unions = list(session.scalars(_ANSWER, asked)) if person else []
    if unions and carries:
        said = session.scalar(_SAID_BEFORE, {"unions": unions, "persons": list(person)})
        row = session.execute(text("SELECT process_id FROM contribution WHERE id = :id"), {"id": result.id}).one()
        value = said if said in VALUES[process(session, row.process_id).mode] else 1
        cast_vote(session, reference=reference, value=int(value), person=person, within=within)
    return bool(unions)


def _united_parts(
    session: Session, actor: Actor, references: Sequence[str], within: Collection[int] | None, *, apart_from: str = ""
) -> Sequence[Any]:
    wanted = list(dict.fromkeys(each.strip().upper() for each in references if each.strip()))
    wanted = [each for each in wanted if each != apart_from.strip().upper()]
    if len(wanted) < (1 if apart_from else 2) or len(wanted) > MOST:
        raise invalid("/ideas", "Name between two and %(most)s ideas.", most=MOST)
    parts = _open_ideas(session, wanted, within)
    _allowed(actor, parts)
    return parts


def _open_ideas(session: Session, references: Sequence[str], within: Collection[int] | None) -> Sequence[Any]:
    wanted = [each.strip().upper() for each in references]
    rows = session.execute(_PARTS, {"references": wanted}).all()
    for reference in wanted:
        row = next((one for one in rows if one.reference == reference), None)
        outside = row is not None and within is not None and row.territory_id not in within
        if row is None or outside or row.kind != "proposal" or row.visibility != "public":
            raise NotFound("No public idea has the number %(reference)s.", params={"reference": reference[:20]})
        if row.united:
            raise Conflict("%(reference)s already stands in another idea.", params={"reference": reference})
        if row.state in CLOSED:
            raise Conflict("%(reference)s is decided: it stays as it is.", params={"reference": reference})
    return rows


def _allowed(actor: Actor, rows: Sequence[Any]) -> None:
    if not all(may_unite(actor, territory_id=row.territory_id) for row in rows):
        raise Denied("Your role does not allow this on this contribution.")


def _reason(why: str) -> str:
    why = clean(why)
    if not why or len(why) > WHY_MAX:
        raise invalid("/why", "Say why, in at most %(most)s characters: everybody may ask.", most=WHY_MAX)
    return why


def _new_idea(session: Session, parts: Sequence[Any], *, title: str, body: str, within: Collection[int] | None) -> Any:
    first = parts[0]
    if not clean(title):
        raise Invalid(errors=invalid("/title", "Give the new idea a title.").errors)
    draft = Draft(
        kind="proposal",
        category=first.category,
        text=body,
        title=title,
        lon=first.lon,
        lat=first.lat,
        address=first.address,
        channel="workshop",
        language=first.language,
    )
    made = submit_contribution(session, draft=draft, within=within)
    facts = process(session, first.process_id)
    kept = facts if facts.open and all(part.process_id == facts.id for part in parts) else None
    where = {"process": kept.id if kept else None, "hides": kept is not None and kept.hides}
    session.execute(_SHOW_MADE, {"reference": made.reference, **where})
    [result] = _open_ideas(session, [made.reference], within)
    return result


def _unite(
    session: Session,
    kind: str,
    parts: Sequence[Any],
    *,
    result: Any,
    why: str,
    account_id: int | None,
    title: str = "",
) -> IdeaUnion:
    result_id = result.id if result is not None else None
    union = IdeaUnion(kind=kind, result_id=result_id, title=title, why=why, account_id=account_id)
    session.add(union)
    session.flush()
    for part in parts:
        session.add(IdeaUnionPart(union_id=union.id, contribution_id=part.id))
        into = {"into": result.reference} if result is not None else {"title": title}
        _write_down(session, part, "united", account_id, {"union": union.id, "kind": kind, **into})
    session.flush()
    if result is not None:
        session.execute(_INVITE, {"union": union.id, "parts": [part.id for part in parts], "result": result.id})
    outbox.add(session, topic=UNITED, subject_id=union.id)
    return union


def _write_down(session: Session, row: Any, kind: str, account_id: int | None, data: dict[str, Any]) -> None:
    event = Event(contribution_id=row.id, ticket_id=row.ticket_id, account_id=account_id, type=kind, data=data)
    session.add(event)
