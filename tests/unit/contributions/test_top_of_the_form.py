"""What the top of a refused form says: each line leads somewhere, and no two read alike."""

from __future__ import annotations

from dataclasses import replace

from app.features.contributions.form_pages import CategoryChoice, Question
from tests.support import gallery_samples


def test_two_questions_that_wait_for_an_answer_do_not_read_alike() -> None:
    questions = [Question("where", "Où est-ce ?"), Question("number", "Numéro")]
    asked = CategoryChoice("lamp", "Lampadaire", "lamp", "Éclairage", questions)
    errors = {f"answers.lamp.{one.key}": "Répondez à cette question." for one in questions}
    page = replace(gallery_samples.new_page("problem", None), categories=[asked], errors=errors)
    assert list(page.told.values()) == [
        "Où est-ce ? Répondez à cette question.",
        "Numéro. Répondez à cette question.",
    ]


def test_each_line_leads_to_something_that_takes_the_focus() -> None:
    errors = {"place": "a", "photos": "b", "category": "c", "text": "d"}
    page = replace(gallery_samples.new_page("problem", None), errors=errors)
    assert list(page.told) == ["place-errors", "photos-input", "category-first", "text"]
