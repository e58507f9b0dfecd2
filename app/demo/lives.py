"""How the services of the demo treat a ticket: its moves with their days and words. Pure, drawn from a seed.

Every move obeys `app.features.tickets.workflow`; a test asks the table about each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from app.demo.words import Kind, service_words, topics
from app.features.tickets.workflow import Change

ZONE = ZoneInfo("Europe/Monaco")
_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
OPENS, CLOSES = 8, 17
"""Hours between which services write."""

STUCK_LATELY, STUCK_FOR_LONG = 42, 7
"""Weight, against 92 for the rest, of problems that are not over yet: what is hard takes months, seldom years."""

LATE_NOTICE = timedelta(days=1)
"""How long after a missed promise the service says so."""


@dataclass(frozen=True, slots=True)
class Matter:
    """A ticket as its life needs it: times are aware (UTC), `due_at` None without promise."""

    key: str
    kind: Kind
    category: str
    opened_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Move:
    """Something that happens to a ticket: a change of state, or words alone (`state` None).

    `role` is who does it, as in the table of transitions.
    """

    at: datetime
    state: str | None
    role: str
    change: Change = field(default_factory=Change)
    public: bool = True


def life_of(matter: Matter, *, seed: int, today: date) -> list[Move]:
    """What is going to happen to the ticket, in order, moves after `today` included: they have not happened yet."""
    rng = Random(f"{seed} {matter.key}")
    teller = _Teller(matter, rng, today)
    return {"problem": teller.problem, "praise": teller.praise, "proposal": teller.proposal}[matter.kind]()


def in_words(day: date) -> str:
    """`mardi 1er décembre`."""
    first = "1er" if day.day == 1 else str(day.day)
    return f"{_DAYS[day.weekday()]} {first} {_MONTHS[day.month - 1]}"


def at_work(moment: datetime, rng: Random) -> datetime:
    """The moment itself when somebody is in the office, else some minutes after the office next opens."""
    local = moment.astimezone(ZONE)
    if local.hour >= CLOSES:
        local = datetime.combine(local.date() + timedelta(days=1), time(OPENS), tzinfo=ZONE)
    if local.hour < OPENS:
        local = datetime.combine(local.date(), time(OPENS), tzinfo=ZONE)
    while local.weekday() >= 5:
        local = datetime.combine(local.date() + timedelta(days=1), time(OPENS), tzinfo=ZONE)
    if (local.hour, local.minute) == (OPENS, 0):
        local += timedelta(seconds=rng.randrange(60, 3 * 3600))
    return local.astimezone(UTC)


class _Teller:
    def __init__(self, matter: Matter, rng: Random, today: date) -> None:
        self.matter, self.rng, self.today = matter, rng, today
        self.now = matter.opened_at
        self.moves: list[Move] = []
        promise = matter.due_at or matter.opened_at + timedelta(days=20)
        self.promised = max(promise - matter.opened_at, timedelta(hours=20))

    def problem(self) -> list[Move]:
        """Most are mended in the promised time, one in six later, some wait long, some are not for the town."""
        # Most are ready in half the promised time; a tail is not.
        ready = self.matter.opened_at + self.promised * self.rng.lognormvariate(-0.65, 0.8)
        stuck = STUCK_LATELY if self.today - self.matter.opened_at.date() < timedelta(days=150) else STUCK_FOR_LONG
        path = self.rng.choices(
            ("done", "accepted", "working", "planned", "waiting", "declined", "stuck"), (21, 25, 22, 12, 5, 7, stuck)
        )[0]
        if path in ("accepted", "working", "planned", "waiting"):
            self._accept(ready)
        if path == "planned":
            self._plan(ready)
        if path in ("working", "planned"):
            self._begin(ready)
        if path == "waiting":
            self._wait()
        if path == "stuck":
            self._stick(ready)
        if path == "declined":
            self._decline(("not_ours", "private", "nothing_found", "already_planned", "unclear"), (30, 25, 30, 10, 5))
        elif path != "stuck":
            self._finish(ready)
        self._say_if_late()
        return self.moves

    def praise(self) -> list[Move]:
        """Read to the team within days; the newest are not yet."""
        self._move("done", after=timedelta(hours=self.rng.uniform(4, 90)), text=self._word("thanks"))
        return self.moves

    def proposal(self) -> list[Move]:
        """Studied for weeks; one in seven is made, many wait for a budget."""
        path = self.rng.choices(("new", "studied", "kept", "made", "declined"), (14, 24, 20, 17, 25))[0]
        if path == "new":
            return self.moves
        weeks = timedelta(weeks=1)
        self._move("accepted", after=weeks * self.rng.uniform(0.4, 4), text=self._word("studied"))
        if path in ("kept", "made"):
            day = (self.now + weeks * self.rng.uniform(10, 34)).astimezone(ZONE).date()
            text = self._word("kept").replace("{mois}", f"{_MONTHS[day.month - 1]} {day.year}")
            self._move("planned", after=weeks * self.rng.uniform(2, 9), text=text, role="manager", planned_on=day)
        if path == "made":
            self._move("done", after=weeks * self.rng.uniform(5, 20), text=self._word("made"))
        if path == "declined":
            reasons = ("no_means", "against_rules", "already_planned", "not_ours")
            self._decline(reasons, (40, 25, 20, 15), role="manager", after=weeks * self.rng.uniform(2, 12))
        return self.moves

    def _accept(self, ready: datetime) -> None:
        wait = min((ready - self.now) * 0.5, timedelta(hours=self.rng.expovariate(1 / 26) + 0.5))
        said = self.rng.random() < 0.45
        self._move("accepted", after=wait, text=self._word("accepted") if said else "")

    def _begin(self, ready: datetime) -> None:
        said = self.rng.random() < 0.5
        self._move("in_progress", after=(ready - self.now) * 0.7, text=self._word("in_progress") if said else "")

    def _plan(self, ready: datetime) -> None:
        at = at_work(self.now + timedelta(hours=self.rng.uniform(3, 30)), self.rng)
        day = max(ready, at + timedelta(days=2)).astimezone(ZONE).date()
        while day.weekday() >= 5:
            day += timedelta(days=1)
        text = self._word("planned").replace("{jour}", in_words(day))
        self._move("planned", after=at - self.now, text=text, planned_on=day)

    def _wait(self) -> None:
        whom = self.rng.choice(("author", "third_party", "third_party"))
        after = timedelta(days=self.rng.uniform(0.5, 3))
        self._move("waiting", after=after, text=self._word(f"waiting_{whom}"), waiting_for=whom)
        self._move("in_progress", after=timedelta(days=self.rng.uniform(2, 18)), text="")

    def _stick(self, ready: datetime) -> None:
        """It goes no further: planned for a day to come, or held up by somebody else."""
        self._accept(ready)
        if self.rng.random() < 0.55:
            day = self.today + timedelta(days=self.rng.randrange(3, 60))
            text = self._word("planned_late").replace("{jour}", in_words(day))
            self._move("planned", after=self.promised * 0.8, text=text, planned_on=day)
        elif self.rng.random() < 0.6:
            text = self._word("waiting_third_party")
            self._move("waiting", after=self.promised * 0.5, text=text, waiting_for="third_party")

    def _finish(self, ready: datetime) -> None:
        done = topics()[self.matter.category].done
        own = self.rng.choice(done) if done and self.rng.random() < 0.85 else self._word("done")
        self._move("done", after=max(ready - self.now, timedelta(hours=2)), text=own)
        if self.rng.random() < 0.05:
            after = timedelta(days=self.rng.uniform(1, 16))
            self._move("reopened", after=after, text=self._word("reopened"), role="author", office=False)
            self._move("in_progress", after=timedelta(days=self.rng.uniform(0.4, 3)), text=self._word("back"))
            self._move("done", after=timedelta(days=self.rng.uniform(1, 8)), text=self._word("done_again"))

    def _decline(
        self,
        reasons: Sequence[str],
        weights: Sequence[float],
        *,
        role: str = "agent",
        after: timedelta | None = None,
    ) -> None:
        reason = self.rng.choices(reasons, weights)[0]
        after = after or self.promised * self.rng.uniform(0.1, 0.9)
        group = "declined" if self.matter.kind == "problem" else "not_kept"
        self._move("declined", after=after, text=self._word(group, reason), role=role, reason=reason)

    def _say_if_late(self) -> None:
        """A missed promise is said once, between the moves it falls among."""
        due = self.matter.due_at
        end = self.moves[-1].at if self.moves and self.moves[-1].state in ("done", "declined") else None
        planned = any(move.change.planned_on for move in self.moves)
        if due is None or planned or (end is not None and end < due + 2 * LATE_NOTICE) or self.rng.random() < 0.45:
            return
        at = at_work(due + LATE_NOTICE, self.rng)
        day = in_words((at + timedelta(days=self.rng.randrange(3, 9))).astimezone(ZONE).date())
        late = Move(at, None, "agent", Change(self._word("late").replace("{jour}", day)))
        self.moves = sorted([*self.moves, late], key=lambda move: move.at)

    def _move(
        self,
        state: str,
        *,
        after: timedelta,
        text: str,
        role: str = "agent",
        office: bool = True,
        **change: str | date | None,
    ) -> None:
        at = self.now + max(after, timedelta(minutes=20))
        self.now = at_work(at, self.rng) if office else at
        self.moves.append(Move(self.now, state, role, Change(text=text, **change)))  # type: ignore[arg-type]

    def _word(self, step: str, reason: str | None = None) -> str:
        words = service_words()[step]
        found: str = self.rng.choice(words[reason] if reason else words)
        return found
