"""Who said what, where and when in the demo's two years: pure, drawn from a seed and a day.

The years have seasons, weeks have week-ends, days have evenings; some stretches of street go wrong for some weeks and
are forgotten; neighbours repeat each other a few metres away.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from app.demo.episodes import EPISODES, Episode
from app.demo.ground import Ground, Spot
from app.demo.pictures import variants
from app.demo.words import KINDS, Kind, Saying, Topic, service_words, topics

DAYS = 730
ZONE = ZoneInfo("Europe/Monaco")
KIND_SHARES = {"problem": 0.62, "praise": 0.145, "proposal": 0.235}
"""Of what people say on their own; neighbours' echoes and episodes bring problems to 70 % of all."""


# Weights of the twelve months, by name of season.
SEASONS: Mapping[str, tuple[float, ...]] = {
    "even": (1,) * 12,
    "summer": (0.5, 0.5, 0.7, 0.9, 1.2, 1.7, 2.2, 2.3, 1.5, 0.9, 0.6, 0.5),
    "winter": (2.0, 1.7, 1.2, 0.8, 0.5, 0.4, 0.4, 0.5, 0.8, 1.4, 1.9, 2.2),
    "spring": (0.5, 0.8, 1.5, 2.1, 2.2, 1.6, 1.0, 0.7, 0.8, 0.7, 0.5, 0.4),
    "autumn": (0.8, 0.7, 0.8, 0.7, 0.7, 0.7, 0.7, 0.9, 1.5, 2.3, 2.2, 1.3),
    "school": (1.2, 1.1, 1.3, 1.1, 1.2, 1.0, 0.2, 0.2, 2.0, 1.4, 1.2, 0.9),
}
WEEKDAYS = (1.25, 1.15, 1.1, 1.05, 1.05, 0.8, 0.6)
# Weights of the 24 hours: by day on the way to work, at noon and after work; at night for what only shows then.
HOURS: Mapping[str, tuple[float, ...]] = {
    "day": (0.1, 0, 0, 0, 0, 0.2, 0.6, 1.6, 2.4, 2, 1.6, 1.6, 2, 1.8, 1.4, 1.4, 1.6, 2.2, 2.4, 1.8, 1.2, 0.9, 0.5, 0.2),
    "night": (1, 0.5, 0.2, 0, 0, 0.4, 1, 0.8, 0.4, 0.2, 0, 0, 0, 0, 0, 0.2, 0.6, 1.4, 2, 2.4, 2.6, 2.6, 2.2, 1.6),
    "office": (0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 1.6, 0.6, 0.6, 1.8, 2, 1.6, 0.6, 0, 0, 0, 0, 0, 0),
}
CHANNELS: Mapping[Kind, Mapping[str, float]] = {
    "problem": {"web": 74, "phone": 11, "desk": 5, "api": 4, "chat": 4, "paper": 2},
    "praise": {"web": 82, "desk": 7, "phone": 4, "chat": 4, "paper": 3},
    "proposal": {"web": 62, "workshop": 19, "paper": 8, "desk": 6, "chat": 5},
}
AT_A_COUNTER = ("phone", "desk", "paper", "workshop")
MODERATED = {"abandoned-vehicle", "bad-parking", "noise", "reception", "other"}
"""Categories of the default pack whose contributions wait for a moderator."""

PHOTO_SHARE = 0.68
"""How many of those who could photograph what they speak of do it."""

ECHO_SHARE = 0.17
"""How many problems have neighbours who say them again."""


@dataclass(frozen=True, slots=True)
class Said:
    """One contribution of the past. `at` is aware (UTC); `pictures` are `scene:variant` names of `pictures`."""

    key: str
    kind: Kind
    category: str
    saying: Saying
    spot: Spot
    at: datetime
    channel: str
    language: str
    answers: Mapping[str, Any]
    accuracy_m: float | None
    pictures: tuple[str, ...] = ()
    supports: int = 0
    visibility: str = "public"


def imagine(*, seed: int, day: date, contributions: int) -> list[Said]:
    """The past of the demo up to the beginning of `day` (its own time), in the order in which things were said."""
    storyteller = _Storyteller(seed, day)
    told: list[Said] = []
    for episode in EPISODES:
        told += storyteller.episode(episode, share=contributions / 1500)
    while len(told) < contributions:
        told += storyteller.moment(len(told))
    told = sorted(told[:contributions], key=lambda said: (said.at, said.key))
    return [replace(said, key=f"{seed}-{number}") for number, said in enumerate(told)]


class _Storyteller:
    def __init__(self, seed: int, day: date) -> None:
        self.rng = Random(f"{seed} {day.isoformat()}")
        self.end = datetime.combine(day, time(), tzinfo=ZONE).astimezone(UTC)
        self.day = day
        self.ground = Ground(Random(seed))
        self.pools = {kind: self._pool(kind) for kind in KINDS}
        self.days = {season: self._days(season) for season in SEASONS}
        self.heard: dict[tuple[str, str, Kind], list[int]] = {}

    def moment(self, number: int) -> Iterator[Said]:
        """Something somebody says, and perhaps what the neighbours say of it."""
        kind = self.rng.choices(KINDS, [KIND_SHARES[kind] for kind in KINDS])[0]
        pool, weights = self.pools[kind]
        topic = self.rng.choices(pool, cum_weights=weights)[0]
        spot = self.ground.spot(self.rng, topic.where[kind])
        first = self._say(f"m{number:05}", topic, kind, spot, self._moment(topic, kind))
        yield first
        if kind == "problem" and self.rng.random() < ECHO_SHARE:
            yield from self._echoes(first, topic)

    def episode(self, episode: Episode, *, share: float) -> Iterator[Said]:
        """A stretch where something goes wrong for some weeks."""
        topic = topics()[episode.category]
        for number in range(max(1, round(episode.count * share))):
            spot = episode.place(self.ground, self.rng)
            at = self._at_hour(episode.day(self.rng, self.day), topic, episode.kind)
            if at is not None:
                yield self._say(f"e{episode.name}{number:03}", topic, episode.kind, spot, at)

    def _echoes(self, first: Said, topic: Topic) -> Iterator[Said]:
        for number in range(self.rng.choices((1, 2, 3, 5), (55, 27, 12, 6))[0]):
            later = first.at + timedelta(hours=self.rng.expovariate(1 / 50) + 0.3)
            at = self._at_hour(later.astimezone(ZONE).date(), topic, "problem")
            if at is not None and at > first.at:
                spot = self.ground.near(self.rng, first.spot, 11)
                yield self._say(f"{first.key}.{number}", topic, "problem", spot, at, after=first)

    def _say(self, key: str, topic: Topic, kind: Kind, spot: Spot, at: datetime, *, after: Said | None = None) -> Said:
        """One contribution; `after`: a neighbour says again what another said."""
        rng = self.rng
        channels = CHANNELS[kind]
        channel = rng.choices(list(channels), list(channels.values()))[0]
        others = [language for language in topic.languages(kind) if language != "fr"]
        language = rng.choice(others) if others and channel == "web" and rng.random() < 0.16 else "fr"
        if after is None:
            saying = self._saying(topic, kind, language).about(spot.name)
        else:
            language = "fr" if after.language == "eu" else after.language
            saying = Saying(after.saying.title, self._again(language), after.saying.picture).about(spot.name)
        if rng.random() < 0.22:
            saying = replace(saying, title="")
        pictures = self._pictures(saying, channel)
        hides = topic.slug in MODERATED and self.end - at < timedelta(days=2)
        return Said(
            key=key,
            kind=kind,
            category=topic.slug,
            saying=saying,
            spot=spot,
            at=at,
            channel=channel,
            language=language,
            answers=dict(after.answers) if after else self._answers(topic),
            accuracy_m=None if channel in AT_A_COUNTER else round(rng.lognormvariate(2.3, 0.5), 1),
            pictures=pictures,
            supports=self._supports(kind, at),
            visibility="pending" if hides else "public",
        )

    def _saying(self, topic: Topic, kind: Kind, language: str) -> Saying:
        """Every sentence is heard once before one is heard again."""
        sayings = topic.sayings[language, kind]
        left = self.heard.setdefault((topic.slug, language, kind), [])
        if not left:
            left.extend(self.rng.sample(range(len(sayings)), len(sayings)))
        return sayings[left.pop()]

    def _answers(self, topic: Topic) -> dict[str, Any]:
        drawn = {question: self.rng.choice(choices) for question, choices in topic.answers.items()}
        return {question: answer for question, answer in drawn.items() if answer is not None}

    def _again(self, language: str) -> str:
        """Every way of saying it again is heard once before one is heard again."""
        ways = service_words()["again"][language]
        left = self.heard.setdefault(("again", language, "problem"), [])
        if not left:
            left.extend(self.rng.sample(range(len(ways)), len(ways)))
        way: str = ways[left.pop()]
        return way

    def _pictures(self, saying: Saying, channel: str) -> tuple[str, ...]:
        """None or one of what the words say, seldom two; a telephone sends none."""
        if not saying.picture or channel in ("phone", "workshop", "paper") or self.rng.random() > PHOTO_SHARE:
            return ()
        scene, _, fixed = saying.picture.partition(":")
        if fixed:
            return (saying.picture,)
        known = range(variants(scene))
        count = 2 if len(known) > 1 and self.rng.random() < 0.2 else 1
        return tuple(f"{scene}:{variant}" for variant in self.rng.sample(known, count))

    def _supports(self, kind: Kind, at: datetime) -> int:
        """Few voices for most, many for some ideas; the newest have not had the time."""
        age = min(1.0, (self.end - at).days / 45)
        middle = {"problem": 0.4, "praise": 0.5, "proposal": 2.0}[kind]
        return int(age * max(0.0, self.rng.lognormvariate(middle, 1.1) - 1))

    def _pool(self, kind: Kind) -> tuple[list[Topic], list[float]]:
        pool = [topic for topic in topics().values() if topic.share.get(kind)]
        return pool, list(accumulate(topic.share[kind] for topic in pool))

    def _days(self, season: str) -> list[float]:
        """Cumulated weights of the days from the first to the eve of `day`: more people use it every month."""
        weights = []
        for number in range(DAYS):
            that = self.day - timedelta(days=DAYS - number)
            growth = 0.4 + 1.1 * number / DAYS
            weights.append(growth * SEASONS[season][that.month - 1] * WEEKDAYS[that.weekday()])
        return list(accumulate(weights))

    def _moment(self, topic: Topic, kind: Kind) -> datetime:
        while True:
            days = self.days[topic.season]
            number = bisect(days, self.rng.random() * days[-1])
            at = self._at_hour(self.day - timedelta(days=DAYS - number), topic, kind)
            if at is not None:
                return at

    def _at_hour(self, day: date, topic: Topic, kind: Kind) -> datetime | None:
        """A moment of that day, or None when it lies outside the two years."""
        hours = HOURS[topic.hours]
        hour = self.rng.choices(range(24), hours)[0]
        local = datetime.combine(day, time(hour, self.rng.randrange(60), self.rng.randrange(60)), tzinfo=ZONE)
        at = local.astimezone(UTC)
        return at if self.end - timedelta(days=DAYS) <= at < self.end else None
