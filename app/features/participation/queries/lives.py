"""How an idea changed, and with which others it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.tickets.workflow import CLOSED


@dataclass(frozen=True)
class Version:
    """How an idea read until `until`; None: it reads so now. `why` is what its author said of the change."""

    number: int
    title: str | None
    body: str
    until: datetime | None
    why: str = ""


@dataclass(frozen=True)
class Together:
    """The ideas that one stands with: rows with `reference` and `title`."""

    into: Any = None
    gave_way: bool = False
    made_of: Sequence[Any] = ()
    group: str = ""
    grouped_with: Sequence[Any] = ()


_VERSIONS = text(
    "SELECT number, title, body, replaced_at AS until, why FROM idea_version WHERE contribution_id = :id "
    "ORDER BY number DESC"
)
_COUNT = text("SELECT count(*) FROM idea_version WHERE contribution_id = :id")
_AMENDED_SINCE = text(
    """
    SELECT EXISTS (SELECT FROM idea_version v JOIN support s ON s.contribution_id = v.contribution_id
                   WHERE v.contribution_id = :id AND s.person = ANY(CAST(:persons AS bytea[]))
                     AND v.replaced_at > s.created_at)
    """
)
_TITLE = "coalesce(c.title, left(c.body, 90)) AS title"
_INTO = text(
    f"""
    SELECT c.reference, {_TITLE}, u.kind FROM idea_union_part ip JOIN idea_union u ON u.id = ip.union_id
    JOIN contribution c ON c.id = u.result_id
    WHERE ip.contribution_id = :id AND u.undone_at IS NULL AND c.visibility = 'public' LIMIT 1
    """  # noqa: S608 - constants
)
_MADE_OF = text(
    f"""
    SELECT c.reference, {_TITLE} FROM idea_union u JOIN idea_union_part ip ON ip.union_id = u.id
    JOIN contribution c ON c.id = ip.contribution_id
    WHERE u.result_id = :id AND u.undone_at IS NULL AND c.visibility = 'public' ORDER BY c.id
    """  # noqa: S608 - constants
)
_GROUP = text(
    f"""
    SELECT u.title AS group_title, c.reference, {_TITLE}
    FROM idea_union_part own JOIN idea_union u ON u.id = own.union_id AND u.kind = 'group' AND u.undone_at IS NULL
    JOIN idea_union_part ip ON ip.union_id = u.id AND ip.contribution_id <> own.contribution_id
    JOIN contribution c ON c.id = ip.contribution_id AND c.visibility = 'public'
    WHERE own.contribution_id = :id ORDER BY u.id DESC, c.id
    """  # noqa: S608 - constants
)
_TITLES = text(
    """
    SELECT DISTINCT ON (c.id) c.reference, u.title FROM contribution c
    JOIN idea_union_part ip ON ip.contribution_id = c.id
    JOIN idea_union u ON u.id = ip.union_id AND u.kind = 'group' AND u.undone_at IS NULL
    WHERE c.reference = ANY(:references) ORDER BY c.id, u.id DESC
    """
)
_FOLLOWING = text(
    f"""
    SELECT DISTINCT ON (c.id) u.title AS group_title, c.reference, {_TITLE}
    FROM ticket t JOIN contribution idea ON idea.ticket_id = t.id AND idea.kind = 'proposal'
    JOIN idea_union_part own ON own.contribution_id = idea.id
    JOIN idea_union u ON u.id = own.union_id AND u.kind = 'group' AND u.undone_at IS NULL
    JOIN idea_union_part ip ON ip.union_id = u.id AND ip.contribution_id <> idea.id
    JOIN contribution c ON c.id = ip.contribution_id
    JOIN ticket other ON other.id = c.ticket_id AND other.state <> ALL(CAST(:closed AS text[]))
    WHERE t.reference = :reference ORDER BY c.id
    """  # noqa: S608 - constants
)
_INVITED = text(
    f"""
    SELECT DISTINCT c.id, c.reference, {_TITLE}
    FROM idea_invitation i JOIN idea_union u ON u.id = i.union_id AND u.result_id = :id AND u.undone_at IS NULL
    JOIN idea_union_part ip ON ip.union_id = u.id
    JOIN contribution c ON c.id = ip.contribution_id AND c.visibility = 'public'
    JOIN support s ON s.contribution_id = c.id AND s.person = i.person
    WHERE i.person = ANY(CAST(:persons AS bytea[])) AND i.answer IS NULL
      AND NOT EXISTS (SELECT FROM support own WHERE own.contribution_id = :id
                      AND own.person = ANY(CAST(:persons AS bytea[])))
    ORDER BY c.id
    """  # noqa: S608 - constants
)
_WAITING = text(
    f"""
    SELECT DISTINCT c.id, c.reference, {_TITLE}
    FROM idea_invitation i JOIN idea_union u ON u.id = i.union_id AND u.undone_at IS NULL
    JOIN contribution c ON c.id = u.result_id AND c.visibility = 'public'
    WHERE i.person = ANY(CAST(:persons AS bytea[])) AND i.answer IS NULL
      AND NOT EXISTS (SELECT FROM support own WHERE own.contribution_id = c.id
                      AND own.person = ANY(CAST(:persons AS bytea[])))
    ORDER BY c.id DESC LIMIT 5
    """  # noqa: S608 - constants
)
_UNIONS = text(
    """
    SELECT u.id, u.kind, u.title, u.why, u.at, u.undone_at, u.undone_why, u.result_id,
           coalesce(nullif(a.name, ''), a.email, '') AS who, coalesce(nullif(b.name, ''), b.email, '') AS undone_who,
           (SELECT count(*) FROM idea_invitation i WHERE i.union_id = u.id) AS invited,
           (SELECT count(*) FROM idea_invitation i WHERE i.union_id = u.id AND i.answer IS NOT NULL) AS answered,
           (SELECT jsonb_agg(jsonb_build_object('reference', c.reference, 'title', coalesce(c.title, left(c.body, 90)))
                             ORDER BY c.id)
              FROM idea_union_part ip JOIN contribution c ON c.id = ip.contribution_id
             WHERE ip.union_id = u.id) AS parts,
           r.reference AS result_reference, coalesce(r.title, left(r.body, 90)) AS result_title
    FROM idea_union u
    LEFT JOIN account a ON a.id = u.account_id LEFT JOIN account b ON b.id = u.undone_by
    LEFT JOIN contribution r ON r.id = u.result_id
    WHERE EXISTS (SELECT FROM idea_union_part ip JOIN contribution c ON c.id = ip.contribution_id
                  WHERE ip.union_id = u.id AND (:everywhere OR c.territory_id = ANY(CAST(:territories AS int[]))))
    ORDER BY u.id DESC LIMIT 50
    """
)


def versions_of(session: Session, row: Any) -> list[Version]:
    """Every version of an idea (`id`, `title`, `body`), the newest first."""
    former = [Version(**each._mapping) for each in session.execute(_VERSIONS, {"id": row.id})]
    return [Version(len(former) + 1, row.title, row.body, None), *former]


def count_versions(session: Session, contribution_id: int) -> int:
    """How often it was amended."""
    return int(session.scalar(_COUNT, {"id": contribution_id}) or 0)


def amended_since(session: Session, contribution_id: int, *, person: Sequence[bytes]) -> bool:
    """Whether it was amended since this person voted."""
    return bool(person) and bool(session.scalar(_AMENDED_SINCE, {"id": contribution_id, "persons": list(person)}))


def standing_together(session: Session, contribution_id: int) -> Together:
    """With which ideas it stands now."""
    into = session.execute(_INTO, {"id": contribution_id}).one_or_none()
    group = session.execute(_GROUP, {"id": contribution_id}).all()
    return Together(
        into=into,
        gave_way=into is not None and into.kind == "yield",
        made_of=session.execute(_MADE_OF, {"id": contribution_id}).all(),
        group=group[0].group_title if group else "",
        grouped_with=group,
    )


def titles_of_groups(session: Session, references: Sequence[str]) -> dict[str, str]:
    """The title under which each of these ideas is grouped; those of no group are absent."""
    rows = session.execute(_TITLES, {"references": list(references)})
    return {row.reference: row.title for row in rows}


def following_ideas(session: Session, *, reference: str) -> Sequence[Any]:
    """The open ideas for which a decision on the idea of this ticket holds too: `group_title`, `reference`, `title`."""
    return session.execute(_FOLLOWING, {"reference": reference, "closed": list(CLOSED)}).all()


def open_invitation(session: Session, contribution_id: int, *, person: Sequence[bytes]) -> Sequence[Any]:
    """The parts of this idea that this person carried, while they have not said whether they carry the whole."""
    if not person:
        return ()
    return session.execute(_INVITED, {"id": contribution_id, "persons": list(person)}).all()


def waiting_invitations(session: Session, *, person: Sequence[bytes]) -> Sequence[Any]:
    """The ideas about which this person is asked."""
    return session.execute(_WAITING, {"persons": list(person)}).all() if person else ()


def unions(session: Session, *, territories: Sequence[int], everywhere: bool) -> Sequence[Any]:
    """The log of unions in these territories, newest first: who, when, why."""
    return session.execute(_UNIONS, {"territories": list(territories), "everywhere": everywhere}).all()
