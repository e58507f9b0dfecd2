"""The imagined past: the same from the same seed and day, inside its towns, and what the town's forms would accept."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
import yaml
from shapely import Point

from app.demo.episodes import EPISODES
from app.demo.past import CHANNELS, DAYS, Said, imagine
from app.demo.words import KINDS, topics
from app.features.contributions.answers import check_answers
from app.features.contributions.drafts import BODY_MAX, TITLE_MAX
from app.features.contributions.models import CHANNELS as ALL_CHANNELS
from app.features.territories.adding import DEFAULT_PACK
from geodata import demo

DAY = date(2026, 11, 22)
CATEGORIES = {c["slug"]: c for c in yaml.safe_load((DEFAULT_PACK / "categories.yaml").read_text())}
EMERGENCIES = {"gas-smell", "fallen-cable"}


@pytest.fixture(scope="module")
def past() -> list[Said]:
    return imagine(seed=7, day=DAY, contributions=600)


def test_the_same_seed_and_day_tell_the_same_story(past: list[Said]) -> None:
    assert imagine(seed=7, day=DAY, contributions=600) == past
    assert imagine(seed=8, day=DAY, contributions=600) != past


def test_everything_was_said_in_the_two_years_before_that_day_in_order(past: list[Said]) -> None:
    moments = [said.at for said in past]
    assert len(past) == 600 and moments == sorted(moments)
    assert max(moments) < datetime(2026, 11, 21, 23, tzinfo=UTC)  # midnight in Monaco
    assert max(moments) - min(moments) <= timedelta(days=DAYS)
    assert min(moments) < datetime(2025, 2, 1, tzinfo=UTC)


def test_everything_lies_inside_the_territory_it_names(past: list[Said]) -> None:
    towns = {town.slug: town.boundary for town in demo.territories()}
    assert all(towns[s.spot.territory].contains(Point(s.spot.lon, s.spot.lat)) for s in past)
    assert {s.spot.territory for s in past} == set(towns)


def test_the_three_kinds_share_as_in_a_town(past: list[Said]) -> None:
    shares = {kind: count / len(past) for kind, count in Counter(s.kind for s in past).items()}
    assert shares["problem"] == pytest.approx(0.70, abs=0.06)
    assert shares["praise"] == pytest.approx(0.12, abs=0.04)
    assert shares["proposal"] == pytest.approx(0.18, abs=0.05)


def test_forms_would_accept_every_contribution(past: list[Said]) -> None:
    for said in past:
        category = CATEGORIES[said.category]
        assert said.kind in category["kinds"]
        assert said.channel in ALL_CHANNELS
        assert 0 < len(said.saying.text) <= BODY_MAX and len(said.saying.title) <= TITLE_MAX
        assert check_answers(category.get("questions", ()), said.answers, said.language) == [], said


def test_nothing_is_left_to_fill_in_and_nobody_is_named(past: list[Said]) -> None:
    for said in past:
        words = f"{said.saying.title} {said.saying.text}"
        assert "{" not in words and "  " not in words.strip()
        assert not re.search(r"@|\b0[1-9]([ .]?\d\d){4}\b|\b[A-Z]{2}-\d{3}-[A-Z]{2}\b", words)


def test_every_category_but_emergencies_has_a_voice() -> None:
    leaves = {slug for slug, category in CATEGORIES.items() if category.get("kinds")}
    assert leaves - set(topics()) == EMERGENCIES
    for slug, topic in topics().items():
        for kind in KINDS:
            if topic.share.get(kind):
                assert topic.sayings["fr", kind], (slug, kind)
        if topic.share.get("problem"):
            assert len(topic.sayings["fr", "problem"]) >= 8, slug
        assert set(topic.share) <= set(CATEGORIES[slug]["kinds"])


def test_three_languages_are_spoken(past: list[Said]) -> None:
    spoken = Counter(said.language for said in past)
    assert set(spoken) == {"fr", "en", "eu"}
    assert spoken["fr"] > 0.85 * len(past)


def test_nights_are_for_lamps_and_summers_for_bins() -> None:
    past = imagine(seed=3, day=DAY, contributions=1500)
    lamps = [s.at.hour for s in past if s.category == "lamp-out"]
    bins = [s.at.month for s in past if s.category == "full-bin"]
    assert sum(hour >= 16 or hour < 7 for hour in lamps) > 0.7 * len(lamps)
    assert sum(month in (6, 7, 8) for month in bins) > 2 * sum(month in (12, 1, 2) for month in bins)


def test_episodes_gather_in_place_and_time() -> None:
    past = imagine(seed=5, day=DAY, contributions=1500)
    now = next(episode for episode in EPISODES if episode.name == "dump-now")
    street = now.street.replace("Boulevard", "boulevard")
    recent = [s for s in past if s.category == now.category and s.spot.name == street]
    lately = [s for s in recent if s.at > datetime(2026, 10, 1, tzinfo=UTC)]
    assert len(lately) >= 0.6 * now.count


def test_channels_are_those_of_each_kind(past: list[Said]) -> None:
    assert all(said.channel in CHANNELS[said.kind] for said in past)
