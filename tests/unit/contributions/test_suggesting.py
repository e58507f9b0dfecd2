"""Which category some words speak of, why, and how often that is right on words that taught nothing."""

from __future__ import annotations

import csv
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import yaml

from app.features.contributions.suggesting import Model, train

ROOT = Path(__file__).parents[3]
TYPOLOGY = ROOT.parent / "shared/data/reports/paris_dansmarue_typologie.csv"
CATEGORIES = yaml.safe_load((ROOT / "app/features/territories/packs/default/categories.yaml").read_text("utf-8"))
LEAVES = [category for category in CATEGORIES if category.get("kinds")]
SLUGS = [category["slug"] for category in LEAVES]


@pytest.fixture(scope="module")
def beginner() -> Model:
    """A town that has not received anything yet."""
    return train(
        {
            leaf["slug"]: [
                *leaf["labels"].values(),
                *leaf.get("description", {}).values(),
                *(word for words in leaf.get("words", {}).values() for word in words),
            ]
            for leaf in LEAVES
        },
        [],
    )


@pytest.mark.parametrize(
    ("said", "category"),
    [
        ("Le lampadaire devant l’école est éteint depuis trois jours", "lamp-out"),
        ("Matelas et frigo abandonnés au coin", "fly-tipping"),
        ("Un nid de poule énorme sur la chaussée", "pothole"),
        ("There is a wasp nest by the bench", "hornets"),
        ("The street light keeps flickering", "lamp-out"),
        ("Txakur kaka espaloian", "dog-fouling"),
        ("Farolak itzalita daude", "lamp-out"),
    ],
)
def test_people_are_understood_in_three_languages(beginner: Model, said: str, category: str) -> None:
    assert beginner.suggest(said, among=SLUGS)[0].category == category


def test_a_suggestion_says_because_of_which_words(beginner: Model) -> None:
    found = beginner.suggest("Bonjour, le lampadaire est éteint", among=SLUGS)[0]
    assert set(found.because) == {"lampadaire", "éteint"}
    assert 0.2 <= found.belief <= 1


@pytest.mark.parametrize("said", ["", "   ", "bonjour", "wxyz qwrt", "1234", "🙂", "a b c", "-" * 400])
def test_words_that_say_nothing_suggest_nothing(beginner: Model, said: str) -> None:
    assert beginner.suggest(said, among=SLUGS) == []


def test_only_what_may_be_chosen_is_suggested(beginner: Model) -> None:
    found = beginner.suggest("Le lampadaire est éteint", among=["tree", "lamp-damaged"])
    assert [each.category for each in found] == ["lamp-damaged"]
    assert beginner.suggest("Le lampadaire est éteint", among=[]) == []


def test_a_town_teaches_its_own_words() -> None:
    said = [("bins", "La murène déborde encore"), ("bins", "Murènes pleines"), ("lamps", "Plus de lumière")]
    model = train({"bins": ["Conteneurs"], "lamps": ["Éclairage"]}, said)
    assert model.suggest("une murène cassée", among=["bins", "lamps"])[0].category == "bins"


def test_what_is_read_is_what_was_kept(beginner: Model) -> None:
    again = Model.load(beginner.dump())
    said = "Banc cassé sous l’arbre"
    assert again.suggest(said, among=SLUGS) == beginner.suggest(said, among=SLUGS)


def test_how_often_it_is_right_on_what_the_people_of_paris_report(beginner: Model) -> None:
    """307 sub-types of Paris, none of which taught anything, against the mapping of the import. Figures: ADR 23."""
    if not TYPOLOGY.exists():
        pytest.skip("../shared/data is not beside the project")
    mapping = yaml.safe_load((ROOT / "app/importing/mappings/paris.yaml").read_text("utf-8"))["category"]["map"]
    right = heard = total = 0
    with TYPOLOGY.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            key = f"{row['type']} / {row['soustype']}"
            slug = next(
                (slug for pattern, slug in mapping.items() if fnmatchcase(key, pattern.replace("[", "[[]"))), ""
            )
            if slug in ("", "other"):
                continue
            found = beginner.suggest(row["soustype"].replace("[]", ""), among=SLUGS)
            total += int(row["n"])
            heard += int(row["n"]) if found else 0
            right += int(row["n"]) if found and found[0].category == slug else 0
    assert right / total > 0.65
    assert right / heard > 0.7
