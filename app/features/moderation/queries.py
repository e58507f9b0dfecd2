"""What waits for a moderator, what is hidden, what was decided; and, for an author, what was decided about theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.features.accounts.policies import MANAGER, Actor, oversees_territory, reads_whole_territory
from app.features.moderation.hints import Hint, hints_of
from app.features.moderation.reasons import DECISIONS

View = Literal["all", "waiting", "reported", "hidden"]
VIEWS: tuple[View, ...] = ("all", "waiting", "reported", "hidden")
AT_ONCE = 30


@dataclass(frozen=True, slots=True)
class ReportLine:
    """What one person said of it."""

    reason: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PhotoLine:
    """A photo as a moderator sees it: hidden by one, ready to be looked at, or still being made."""

    id: int
    hidden: bool
    ready: bool


@dataclass(frozen=True)
class Item:
    """One contribution to decide about; `row` holds its columns."""

    row: Any
    reports: Sequence[ReportLine] = ()
    hints: Sequence[Hint] = ()
    photos: Sequence[PhotoLine] = ()


@dataclass(frozen=True)
class Queue:
    """A page of the queue, and how many wait in each view."""

    items: Sequence[Item]
    counts: dict[str, int] = field(default_factory=dict)


# Which rows an actor moderates: the same rule as `policies.may_moderate`, as SQL.
_REACH = """
    (:everywhere OR (:oversees AND (c.territory_id = ANY(CAST(:territories AS int[]))
                                    OR s.territory_id = ANY(CAST(:territories AS int[]))))
     OR (:manages AND t.service_id = ANY(CAST(:services AS int[]))))
    AND (CAST(:kind AS text) IS NULL OR c.kind = :kind)
"""
_JOINS = "LEFT JOIN ticket t ON t.id = c.ticket_id LEFT JOIN service s ON s.id = t.service_id"
_OPEN = "SELECT contribution_id FROM abuse_case WHERE closed_at IS NULL AND comment_id IS NULL"
_WHICH: dict[View, str] = {
    "all": f"c.id IN (SELECT id FROM contribution WHERE visibility = 'pending' UNION {_OPEN})",  # noqa: S608
    "waiting": "c.visibility = 'pending'",
    "reported": f"c.id IN ({_OPEN})",
    "hidden": "c.visibility = 'hidden'",
}
# What waits longest first; what was hidden last first.
_ORDER: dict[View, str] = dict.fromkeys(VIEWS, "coalesce(k.opened_at, c.received_at), c.id") | {
    "hidden": "c.created_at DESC, c.id DESC"
}


def moderation_queue(
    session: Session, actor: Actor, *, view: View = "all", kind: str | None = None, reference: str = ""
) -> Queue:
    """The first contributions of a view, each with its reports and hints; or the one that has this reference."""
    asked = _reach(actor) | {"kind": kind, "most": AT_ONCE, "reference": reference.strip().upper()}
    which = "c.reference = :reference" if asked["reference"] else _WHICH[view]
    rows = session.execute(
        text(
            f"""
            SELECT c.id, c.reference, c.kind, c.title, c.body, c.visibility, c.language, c.created_at, c.address,
                   c.photo_count, c.state, c.category_id, c.territory_id, c.answers, k.id AS case_id,
                   t.reference AS ticket, s.name AS service_name, h.why AS held, b.kind AS blocked_kind,
                   b.value AS blocked, b.reason AS blocked_reason,
                   (SELECT count(*) FROM contribution o
                    WHERE o.territory_id = c.territory_id AND c.body <> '' AND lower(o.body) = lower(c.body)
                      AND o.created_at BETWEEN c.created_at - interval '24 hours' AND c.created_at + interval '24 hours'
                   ) AS same_text,
                   (SELECT count(DISTINCT o.id) FROM contribution o
                    WHERE o.created_at BETWEEN c.created_at - interval '1 hour' AND c.created_at + interval '1 hour'
                      AND o.id IN (
                        SELECT a.contribution_id FROM authorship a JOIN authorship own ON own.person = a.person
                        WHERE own.contribution_id = c.id
                        UNION SELECT k.contribution_id FROM contribution_contact k
                        JOIN contribution_contact own ON lower(own.email) = lower(k.email)
                        WHERE own.contribution_id = c.id)
                   ) AS same_author
            FROM contribution c {_JOINS}
            LEFT JOIN abuse_case k ON k.contribution_id = c.id AND k.closed_at IS NULL AND k.comment_id IS NULL
            LEFT JOIN contribution_hold h ON h.contribution_id = c.id
            LEFT JOIN block_entry b ON b.id = h.entry_id
            WHERE {which} AND {_REACH} ORDER BY {_ORDER[view]} LIMIT :most
            """  # noqa: S608 - constants
        ),
        asked,
    ).all()
    reports = _reports(session, [row.case_id for row in rows if row.case_id])
    photos = _photos(session, [row.id for row in rows])
    items = [
        Item(
            row,
            reports.get(row.case_id, ()),
            hints_of(_said(row), same_text=row.same_text, same_author=row.same_author),
            photos.get(row.id, ()),
        )
        for row in rows
    ]
    return Queue(items, {each: _count(session, asked, each) for each in VIEWS})


@dataclass(frozen=True)
class JournalLine:
    """One decision: who, when, what, about which contribution, why."""

    id: int
    type: str
    at: datetime
    reference: str
    account: str
    reason: str
    words: str
    said: str
    """What it was decided about: the comment, the text before the edit, else the contribution as it stands."""


def journal(
    session: Session, actor: Actor, *, before: int | None = None, decision: str | None = None, most: int = 100
) -> list[JournalLine]:
    """The log of decisions in the actor's reach, newest first; `before` is the last id of the page above."""
    types = [decision] if decision in DECISIONS else list(DECISIONS)
    rows = session.execute(
        text(
            f"""
            SELECT e.id, e.type, e.at, c.reference, coalesce(nullif(a.name, ''), a.email, '') AS account,
                   coalesce(e.data ->> 'reason', '') AS reason, coalesce(e.body, '') AS words,
                   CASE WHEN m.id IS NOT NULL THEN m.body WHEN v.number IS NOT NULL
                   THEN concat_ws(E'\\n', v.title, v.body) ELSE concat_ws(E'\\n', c.title, c.body) END AS said
            FROM event e JOIN contribution c ON c.id = e.contribution_id {_JOINS}
            LEFT JOIN account a ON a.id = e.account_id
            LEFT JOIN comment m ON m.id = CAST(e.data ->> 'comment' AS bigint)
            LEFT JOIN contribution_version v ON v.contribution_id = c.id AND e.type = 'edited'
                                             AND v.number = CAST(e.data ->> 'number' AS int)
            WHERE e.type IN ('hidden', 'restored', 'published', 'kept', 'edited', 'photo_hidden', 'photo_restored')
              AND e.type = ANY(:types) AND NOT e.public
              AND (CAST(:before AS bigint) IS NULL OR e.id < :before) AND {_REACH}
            ORDER BY e.id DESC LIMIT :most
            """  # noqa: S608 - constants
        ),
        _reach(actor, whole=reads_whole_territory(actor))
        | {"kind": None, "types": types, "before": before, "most": most},
    )
    return [JournalLine(**row._mapping) for row in rows]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was last decided about a contribution, or a comment, for its author: `hidden`, `edited`, `photo_hidden`."""

    event_id: int
    contribution_id: int
    reason: str
    words: str
    at: datetime
    answered: bool
    type: str = "hidden"


_VERDICT = text(
    """
    SELECT e.id AS event_id, e.contribution_id, e.type, coalesce(e.data ->> 'reason', 'other') AS reason,
           coalesce(e.body, '') AS words, e.at,
           EXISTS (SELECT FROM abuse_report r WHERE r.contribution_id = e.contribution_id
                   AND r.comment_id IS NOT DISTINCT FROM m.id
                   AND r.reason = 'author_answer' AND r.at >= e.at) AS answered
    FROM event e JOIN contribution c ON c.id = e.contribution_id
    LEFT JOIN comment m ON m.id = CAST(:comment AS bigint) AND m.contribution_id = c.id
    WHERE e.contribution_id = :id AND NOT e.public
      AND CAST(e.data ->> 'comment' AS bigint) IS NOT DISTINCT FROM CAST(:comment AS bigint)
      AND CASE coalesce(m.state, c.visibility)
      WHEN 'hidden' THEN e.type = 'hidden'
      -- What was done to it is answered while it is shown; what was undone since needs no answer.
      WHEN 'withdrawn' THEN false
      WHEN 'removed' THEN false
      ELSE e.type IN ('edited', 'photo_hidden', 'photo_restored') AND e.data ->> 'told' = 'true' END
    ORDER BY e.id DESC LIMIT 1
    """
)


def verdict(session: Session, *, contribution_id: int, comment_id: int | None = None) -> Verdict | None:
    """Why it, or this comment under it, is hidden or was edited; None when neither is so, or never decided here."""
    row = session.execute(_VERDICT, {"id": contribution_id, "comment": comment_id}).one_or_none()
    return Verdict(**row._mapping) if row and row.type != "photo_restored" else None


@dataclass(frozen=True, slots=True)
class BlockTown:
    """A town whose list the actor reads."""

    id: int
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class BlockLine:
    """An entry of the block list, with how many contributions wait because of it; `counts` while it holds any."""

    id: int
    kind: str
    value: str
    reason: str
    who: str
    at: datetime
    until: datetime | None
    ended_at: datetime | None
    ended_by: str
    waiting: int
    counts: bool


def block_towns(session: Session, actor: Actor) -> list[BlockTown]:
    """The towns of the actor, their own first."""
    rows = session.execute(
        text(
            "SELECT id, slug, name FROM territory WHERE active AND (:everywhere OR id = ANY(CAST(:ids AS int[]))) "
            "ORDER BY id = CAST(:own AS int) DESC NULLS LAST, name LIMIT 200"
        ),
        {"everywhere": actor.everywhere, "ids": sorted(actor.territory_ids), "own": actor.territory_id},
    )
    return [BlockTown(*row) for row in rows]


def block_list(session: Session, *, territory_id: int, most: int = 500) -> list[BlockLine]:
    """The entries of a town, the newest first: those that count, and those that did."""
    rows = session.execute(
        text(
            """
            SELECT b.id, b.kind, b.value, b.reason, coalesce(nullif(a.name, ''), a.email, '') AS who, b.at, b.until,
                   b.ended_at, coalesce(nullif(e.name, ''), e.email, '') AS ended_by,
                   (SELECT count(*) FROM contribution_hold h JOIN contribution c ON c.id = h.contribution_id
                    WHERE h.entry_id = b.id AND c.visibility = 'pending') AS waiting,
                   b.ended_at IS NULL AND (b.until IS NULL OR b.until > now()) AS counts
            FROM block_entry b LEFT JOIN account a ON a.id = b.account_id LEFT JOIN account e ON e.id = b.ended_by
            WHERE b.territory_id = :territory ORDER BY b.at DESC, b.id DESC LIMIT :most
            """
        ),
        {"territory": territory_id, "most": most},
    )
    return [BlockLine(*row) for row in rows]


def _reach(actor: Actor, *, whole: bool | None = None) -> dict[str, Any]:
    """What `_REACH` asks; `whole`: all of the territory, for who only reads too."""
    oversees = oversees_territory(actor) if whole is None else whole
    return {
        "everywhere": oversees and actor.everywhere,
        "oversees": oversees,
        "manages": actor.role == MANAGER,
        "territories": sorted(actor.territory_ids),
        "services": sorted(actor.service_ids),
    }


def _count(session: Session, asked: dict[str, Any], view: View) -> int:
    found = session.scalar(
        text(f"SELECT count(*) FROM contribution c {_JOINS} WHERE {_WHICH[view]} AND {_REACH}"),  # noqa: S608
        asked,
    )
    return int(found or 0)


def _reports(session: Session, case_ids: list[int]) -> dict[int, list[ReportLine]]:
    found: dict[int, list[ReportLine]] = {}
    if case_ids:
        rows = session.execute(
            text("SELECT case_id, reason, words, at FROM abuse_report WHERE case_id = ANY(:ids) ORDER BY at, id"),
            {"ids": case_ids},
        )
        for row in rows:
            found.setdefault(row.case_id, []).append(ReportLine(row.reason, row.words, row.at))
    return found


def _photos(session: Session, ids: list[int]) -> dict[int, list[PhotoLine]]:
    found: dict[int, list[PhotoLine]] = {}
    rows = session.execute(
        text(
            "SELECT id, contribution_id, hidden, state = 'ready' AS ready FROM photo "
            "WHERE contribution_id = ANY(:ids) ORDER BY contribution_id, position"
        ),
        {"ids": ids},
    )
    for row in rows:
        found.setdefault(row.contribution_id, []).append(PhotoLine(row.id, row.hidden, row.ready))
    return found


@dataclass(frozen=True, slots=True)
class FormerContent:
    """How it was before the edit of that `number`, and why that was made."""

    number: int
    title: str | None
    body: str
    address: str | None
    lon: float
    lat: float
    photos: list[dict[str, Any]]
    reason: str
    who: str
    at: datetime


@dataclass(frozen=True)
class Editing:
    """A contribution to edit: what it is now, and what it was."""

    row: Any
    photos: Sequence[PhotoLine]
    versions: Sequence[FormerContent]


def editing(session: Session, actor: Actor, *, reference: str) -> Editing:
    """What a moderator edits. Raises NotFound, also for what is not theirs."""
    row = session.execute(
        text(
            f"""
            SELECT c.id, c.reference, c.kind, c.title, c.body, c.address, c.language, c.visibility, c.created_at,
                   ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, t.reference AS ticket
            FROM contribution c {_JOINS}
            WHERE c.reference = :reference AND c.visibility <> 'withdrawn' AND {_REACH}
            """  # noqa: S608 - constants
        ),
        _reach(actor) | {"kind": None, "reference": reference.strip().upper()},
    ).one_or_none()
    if row is None:
        raise NotFound("No contribution has this number.")
    versions = session.execute(
        text(
            "SELECT v.number, v.title, v.body, v.address, v.lon, v.lat, v.photos, v.reason, "
            "coalesce(nullif(a.name, ''), a.email, '') AS who, v.at FROM contribution_version v "
            "LEFT JOIN account a ON a.id = v.account_id WHERE v.contribution_id = :id ORDER BY v.number DESC"
        ),
        {"id": row.id},
    )
    photos = _photos(session, [row.id]).get(row.id, [])
    return Editing(row, photos, [FormerContent(*each) for each in versions])


def moderated_photo(session: Session, actor: Actor, *, photo_id: int, though_hidden: bool = False) -> Any:
    """A photo that is not hidden, unless it may be, for who moderates it: `key` (None while it is not
    made), `covered`, `faces_left`, and where it belongs. Raises NotFound for any other.
    """
    found = session.execute(
        text(
            f"""
            SELECT p.id, p.public_key AS key, p.covered, p.faces_left, p.position, p.comment_id, c.reference,
                   c.territory_id
            FROM photo p LEFT JOIN comment m ON m.id = p.comment_id
            JOIN contribution c ON c.id = coalesce(p.contribution_id, m.contribution_id) {_JOINS}
            WHERE p.id = :photo AND (:though_hidden OR NOT p.hidden) AND {_REACH}
            """  # noqa: S608 - constants
        ),
        _reach(actor) | {"kind": None, "photo": photo_id, "though_hidden": though_hidden},
    ).one_or_none()
    if found is None:
        raise NotFound("This photo is not shown.")
    return found


def _said(row: Any) -> str:
    answers = [answer for answer in (row.answers or {}).values() if isinstance(answer, str)]
    return "\n".join([row.title or "", row.body, *answers])
