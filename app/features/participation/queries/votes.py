"""What the votes on an idea add up to, for whoever may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.contributions.supporting import bubble_size
from app.features.territories.processes import ProcessFacts

_TALLY = text("SELECT carried, minus2, minus1, zero, plus1, plus2 FROM tally WHERE contribution_id = :id")


@dataclass(frozen=True)
class Ballot:
    """Votes by value, −2 to 2. `carried`: supports that came as a number are among those of 1."""

    counts: Mapping[int, int]

    @property
    def voters(self) -> int:
        return sum(self.counts.values())

    @property
    def score(self) -> int:
        return sum(value * n for value, n in self.counts.items())

    @property
    def mean(self) -> float | None:
        """To the hundredth; None when nobody voted."""
        return round(self.score / self.voters, 2) if self.voters else None

    @property
    def favourable(self) -> int:
        return self.counts[1] + self.counts[2]

    @property
    def against(self) -> int:
        return self.counts[-1] + self.counts[-2]

    @property
    def bubble(self) -> int:
        return bubble_size(self.score)


def ballot(session: Session, row: Any, facts: ProcessFacts) -> Ballot | None:
    """The votes on the idea of a public row (`id`, `supports`); None while its process hides them."""
    if facts.hides:
        return None
    tally = session.execute(_TALLY, {"id": row.id}).one_or_none()
    if tally is None:
        return Ballot({-2: 0, -1: 0, 0: 0, 1: row.supports or 0, 2: 0})
    return Ballot({-2: tally.minus2, -1: tally.minus1, 0: tally.zero, 1: tally.carried + tally.plus1, 2: tally.plus2})
