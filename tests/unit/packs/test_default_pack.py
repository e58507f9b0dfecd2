"""The pack a French commune starts with."""

from __future__ import annotations

from pathlib import Path

import pytest

import app.features.territories.packs
from app.features.territories.packs.icons import ICONS
from app.features.territories.packs.reader import examine_pack, read_pack
from app.features.territories.packs.schema import Pack
from app.features.territories.packs.writer import pack_files, write_pack

FOLDER = Path(app.features.territories.packs.__file__).parent / "default"


@pytest.fixture(scope="module")
def pack() -> Pack:
    return read_pack(FOLDER)


def test_nothing_to_say_about_it() -> None:
    assert examine_pack(FOLDER).issues == []


def test_about_forty_leaves_for_the_three_kinds_in_three_languages(pack: Pack) -> None:
    leaves = pack.leaves()
    assert 40 <= len(leaves) <= 50
    for kind in ("problem", "praise", "proposal"):
        assert sum(kind in leaf.kinds for leaf in leaves) >= 20
    for category in pack.categories:
        assert set(category.labels) == set(category.description) == {"fr", "en", "eu"}
        assert category.icon in ICONS


def test_everything_it_names_belongs_to_no_town(pack: Pack) -> None:
    assert pack.town.name is None
    assert pack.town.prefix is None
    assert all(service.email is None and service.phone is None for service in pack.services)
    assert [service.slug for service in pack.services if service.triage] == ["triage"]


def test_leaves_reach_a_service_except_the_one_to_be_sorted(pack: Pack) -> None:
    services = {category.slug: category.service for category in pack.categories}
    orphans = [leaf.slug for leaf in pack.leaves() if not any(services[slug] for slug in pack.category_path(leaf.slug))]
    assert orphans == ["other"]


def test_emergencies_stop_the_form(pack: Pack) -> None:
    phones = {
        category.slug: question.emergency.phone
        for category in pack.categories
        for question in category.questions
        if question.emergency
    }
    assert phones == {"gas-smell": "0 800 47 33 33", "fallen-cable": "112", "unsafe-structure": "18"}


def test_its_rules_show_every_condition(pack: Pack) -> None:
    text = pack_files(pack)["rules.yaml"]
    for condition in (
        "kind",
        "category",
        "zone",
        "answer",
        "weekday",
        "hours",
        "channel",
        "text",
        "any",
        "not",
    ):
        assert f"{condition}:" in text


def test_it_survives_a_round_trip(pack: Pack, tmp_path: Path) -> None:
    write_pack(pack, tmp_path)
    again = read_pack(tmp_path)
    assert again == pack
    assert pack_files(again) == pack_files(pack)


def test_every_icon_is_drawn() -> None:
    sprite = (Path(app.features.territories.packs.__file__).parents[3] / "web/static/icons.svg").read_text()
    assert [icon for icon in sorted(ICONS) if f'id="i-{icon}"' not in sprite] == []
