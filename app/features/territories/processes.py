"""A process as its readers need it: how one votes, until when, and whether counts may be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import text
from sqlalchemy.orm import Session

Mode = Literal["support", "for_against", "scale"]
VALUES: Mapping[str, tuple[int, ...]] = {"support": (1,), "for_against": (-1, 1), "scale": (-2, -1, 0, 1, 2)}
"""What one may vote in each mode."""
Standing = Literal["coming", "open", "closed"]

CHANGED = "process.changed"
"""The topic that says that a process (`subject_id`) has changed: its counts are hidden or told again."""

DEFAULT_SLUG = "ideas"
DEFAULT_LABEL = {"fr": "Boîte à idées", "en": "Ideas", "eu": "Ideien kutxa"}


@dataclass(frozen=True)
class ProcessFacts:
    """A process. `hides`: nobody is told a count; the one predicate of all that reads counts. Moments are aware."""

    id: int | None = None
    territory_id: int | None = None
    slug: str = DEFAULT_SLUG
    key: str = DEFAULT_SLUG
    """What an address names it by: its slug, and its town's as well where several towns of a list use that slug."""
    label: Mapping[str, str] = field(default_factory=lambda: DEFAULT_LABEL)
    description: Mapping[str, str] = field(default_factory=dict)
    mode: Mode = "support"
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    hides: bool = False
    standing: Standing = "open"
    state_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    categories: Sequence[str] = ()
    zones: Sequence[str] = ()

    @property
    def open(self) -> bool:
        return self.standing == "open"


HIDES = "(p.hide_counts AND p.revealed_at IS NULL)"
"""The same predicate in SQL, where `process` is `p`; without a process nothing is hidden."""

_FACTS = f"""
    SELECT p.id, p.territory_id, p.slug, p.slug AS key, p.label, p.description, p.mode, p.opens_at, p.closes_at,
           p.state_labels, p.categories, p.zones, {HIDES} AS hides,
           CASE WHEN p.opens_at > now() THEN 'coming' WHEN p.closes_at <= now() THEN 'closed' ELSE 'open' END
             AS standing
    FROM process p
"""  # noqa: S608 - constants
_ONE = text(f"{_FACTS} WHERE p.id = :id")
_TOWNS = text("SELECT id, slug, name FROM territory WHERE id = ANY(CAST(:ids AS int[]))")
_ALL = text(f"{_FACTS} WHERE p.territory_id = ANY(CAST(:ids AS int[])) ORDER BY p.position NULLS LAST, p.id")


def process(session: Session, process_id: int | None) -> ProcessFacts:
    """The process of this id; without one, what every town has: support, open, counts shown."""
    row = session.execute(_ONE, {"id": process_id}).one_or_none() if process_id is not None else None
    return _facts(row) if row is not None else ProcessFacts()


def processes_of(session: Session, territories: Sequence[int]) -> list[ProcessFacts]:
    """The processes of these territories, those of a pack in its order, then the standing ones. Where several bear
    one slug (each town has its box of ideas), key and label also name the town.
    """
    known = [_facts(row) for row in session.execute(_ALL, {"ids": list(territories)})]
    often = Counter(one.slug for one in known)
    shared = [one.territory_id for one in known if often[one.slug] > 1]
    towns = {row.id: row for row in session.execute(_TOWNS, {"ids": shared})} if shared else {}
    return [_of_town(one, towns[one.territory_id]) if often[one.slug] > 1 else one for one in known]


def process_named(known: Sequence[ProcessFacts], word: str) -> ProcessFacts | None:
    """The process that an address names: by its key; or by its slug, with its town where no other bears it, or alone as
    in older addresses.
    """
    slug = word.rpartition(".")[2]
    return next((one for one in known if one.key == word), next((one for one in known if one.slug == slug), None))


def _of_town(facts: ProcessFacts, town: Any) -> ProcessFacts:
    named = {language: f"{word}, {town.name}" for language, word in facts.label.items()}
    return replace(facts, key=f"{town.slug}.{facts.slug}", label=named)


def _facts(row: Any) -> ProcessFacts:
    return ProcessFacts(**cast("dict[str, Any]", dict(row._mapping)))
