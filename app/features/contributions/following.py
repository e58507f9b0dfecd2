"""Following a contribution, a category, a zone, a process or what is around a place: by e-mail, asked for and confirmed
by a button; or as a person who is here, in their own list and on their devices. Ended by one click. The caller commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import FieldError, Invalid, NotFound
from app.features.contributions.authoring import Mine
from app.features.contributions.checks import check_point, email_errors
from app.features.contributions.models.voices import FREQUENCIES
from app.features.notifications.timing import Quiet

ASKED = "follow.asked"
"""The topic that asks an address whether it really wishes to follow; `subject_id` is the follow's id."""
RADII_M = (100, 200, 300, 500, 1_000, 2_000)
MOST = 100
"""Follows of one reader: nobody reads more, and nobody fills a table."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is followed: exactly one of a contribution, a category, a zone, a process, a place (lon, lat, metres).

    `territory_id` is the town in which a category, a process or a place is followed, with what nests in it.
    """

    contribution_id: int | None = None
    category_id: int | None = None
    zone_id: int | None = None
    process_id: int | None = None
    place: tuple[float, float, int] | None = None
    territory_id: int | None = None

    @property
    def name(self) -> str:
        """What makes it one and the same."""
        if self.place is not None:
            return f"place:{self.place[0]:.5f},{self.place[1]:.5f},{self.place[2]}"
        if self.category_id is not None:
            return f"category:{self.category_id}"
        if self.process_id is not None:
            return f"process:{self.process_id}"
        return f"zone:{self.zone_id}" if self.zone_id is not None else f"contribution:{self.contribution_id}"

    @property
    def values(self) -> dict[str, Any]:
        """Parameters of the statements that write it."""
        lon, lat, radius = self.place or (None, None, None)
        return {
            "subject": self.name,
            "contribution": self.contribution_id,
            "category": self.category_id,
            "zone": self.zone_id,
            "process": self.process_id,
            "territory": self.territory_id if self.contribution_id is None else None,
            "lon": lon,
            "lat": lat,
            "radius": radius,
        }


_COLUMNS = """subject, contribution_id, category_id, zone_id, process_id, territory_id, place, radius_m, email, person,
              reader, language, frequency"""
_VALUES = """:subject, CAST(:contribution AS bigint), CAST(:category AS int), CAST(:zone AS int), CAST(:process AS int),
             CAST(:territory AS int), ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326),
             CAST(:radius AS int), CAST(:email AS text), CAST(:person AS bytea), :reader, :language, :frequency"""
# One statement, the same whether the address is known or not: the answer takes as long and tells nothing.
_ASK = text(
    f"""
    WITH wanted AS (
      INSERT INTO follow ({_COLUMNS})
      SELECT {_VALUES} WHERE (SELECT count(*) FROM follow WHERE reader = :reader) < :most
      ON CONFLICT (subject, reader) DO UPDATE SET language = excluded.language,
        frequency = CASE WHEN follow.confirmed_at IS NULL THEN excluded.frequency ELSE follow.frequency END,
        asked_at = CASE WHEN follow.asked_at < now() - interval '15 minutes' THEN now() ELSE follow.asked_at END
      RETURNING id)
    INSERT INTO outbox (topic, subject_id) SELECT :topic, id FROM wanted
    """  # noqa: S608 - constants
)
_FOLLOW = text(
    f"""
    INSERT INTO follow ({_COLUMNS}, confirmed_at)
    SELECT {_VALUES}, now() WHERE (SELECT count(*) FROM follow WHERE reader = :reader) < :most
    ON CONFLICT (subject, reader) DO UPDATE SET frequency = excluded.frequency, unsubscribed_at = NULL,
      confirmed_at = coalesce(follow.confirmed_at, now())
    RETURNING id
    """  # noqa: S608 - constants
)
_SUBSCRIPTION = """
    SELECT f.id, f.subject, f.email, f.person, f.confirmed_at, f.unsubscribed_at, f.frequency, f.quiet_from, f.quiet_to,
           f.radius_m, ST_X(f.place) AS lon, ST_Y(f.place) AS lat, c.reference, c.kind, c.visibility,
           coalesce(c.territory_id, z.territory_id, f.territory_id) AS territory_id,
           coalesce(c.title, left(c.body, 90)) AS title, k.label AS category, k.slug AS category_slug,
           z.name AS zone, z.slug AS zone_slug, p.label AS process, p.slug AS process_slug,
           pt.slug AS process_town_slug, pt.name AS process_town
    FROM follow f LEFT JOIN contribution c ON c.id = f.contribution_id
    LEFT JOIN category k ON k.id = f.category_id LEFT JOIN zone z ON z.id = f.zone_id
    LEFT JOIN process p ON p.id = f.process_id LEFT JOIN territory pt ON pt.id = p.territory_id
"""
_BY_ID = text(f"{_SUBSCRIPTION} WHERE f.id = :id")
_OF_PERSON = text(
    f"""
    SELECT * FROM ({_SUBSCRIPTION}
      WHERE (f.person = ANY(CAST(:persons AS bytea[])) OR f.reader = lower(CAST(:email AS text)))
        AND f.confirmed_at IS NOT NULL AND f.unsubscribed_at IS NULL) AS mine
    WHERE CAST(:within AS int[]) IS NULL OR territory_id = ANY(CAST(:within AS int[])) ORDER BY id DESC
    """  # noqa: S608 - constants
)
_CONFIRM = text("UPDATE follow SET confirmed_at = now(), unsubscribed_at = NULL WHERE id = :id")
_STOP = text("UPDATE follow SET unsubscribed_at = coalesce(unsubscribed_at, now()) WHERE id = :id")
_HOW = text("UPDATE follow SET frequency = :frequency, quiet_from = :begin, quiet_to = :end WHERE id = :id")


@dataclass(frozen=True)
class Subscription:
    """A wish to follow as its own page shows it; `row` holds its address and the public columns of its subject."""

    row: Any
    state: Literal["asked", "following", "stopped"]


def ask_to_follow(session: Session, *, subject: Subject, email: str, language: str, frequency: str = "now") -> None:
    """Keep the wish and leave word to ask the address. Raises `Invalid` for what is no address, no place, no rhythm."""
    email = email.strip()
    errors = [*email_errors("/email", email), *_errors(subject, frequency)]
    if errors:
        raise Invalid(errors=errors)
    reader = {"email": email, "person": None, "reader": email.lower()}
    values = {"language": language, "frequency": frequency, "most": MOST, "topic": ASKED}
    session.execute(_ASK, subject.values | reader | values)


def follow_here(
    session: Session,
    *,
    subject: Subject,
    language: str,
    frequency: str = "now",
    email: str | None = None,
    person: bytes | None = None,
) -> None:
    """Follow at once: an address that its resident has confirmed, or (without one) a person in their own list.

    Raises `Invalid` as above.
    """
    errors = _errors(subject, frequency)
    if errors:
        raise Invalid(errors=errors)
    reader = {
        "email": email,
        "person": None if email else person,
        "reader": email.lower() if email else (person or b"").hex(),
    }
    session.execute(_FOLLOW, subject.values | reader | {"language": language, "frequency": frequency, "most": MOST})


def subscription(session: Session, *, follow_id: int) -> Subscription:
    """What became of a wish. Raises `NotFound` when its subject, and the wish with it, is no longer there."""
    row = session.execute(_BY_ID, {"id": follow_id}).one_or_none()
    if row is None:
        raise NotFound("This link is not complete, or no longer valid.")
    state: Literal["asked", "following", "stopped"] = "following" if row.confirmed_at else "asked"
    return Subscription(row, "stopped" if row.unsubscribed_at else state)


def followed(session: Session, mine: Mine) -> list[Any]:
    """What somebody follows now, the newest wish first, as rows of a `Subscription`."""
    return list(session.execute(_OF_PERSON, mine.values))


def confirm_follow(session: Session, *, follow_id: int) -> None:
    """Yes, tell me; also after having stopped."""
    session.execute(_CONFIRM, {"id": follow_id})


def stop_following(session: Session, *, follow_id: int) -> None:
    """Tell me nothing more about it."""
    session.execute(_STOP, {"id": follow_id})


def set_rhythm(session: Session, *, follow_id: int, frequency: str, quiet: Quiet | None) -> None:
    """How often, and when not."""
    begin, end = quiet or (None, None)
    frequency = frequency if frequency in FREQUENCIES else "now"
    session.execute(_HOW, {"id": follow_id, "frequency": frequency, "begin": begin, "end": end})


def forget_unconfirmed(session: Session) -> int:
    """Delete the addresses that nobody confirmed within a week: they may be anybody's. Returns how many."""
    result: Any = session.execute(
        text("DELETE FROM follow WHERE confirmed_at IS NULL AND asked_at < now() - interval '7 days'")
    )
    return int(result.rowcount)


def _errors(subject: Subject, frequency: str) -> list[FieldError]:
    found = []
    if frequency not in FREQUENCIES:
        found.append(FieldError("/frequency", "Choose how often you wish to hear."))
    if subject.place is not None:
        found += check_point(subject.place[0], subject.place[1])
        if subject.place[2] not in RADII_M:
            found.append(FieldError("/radius", "Choose one of the distances."))
    return found
