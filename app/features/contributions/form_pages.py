"""What the pages show on which one writes a contribution, from the choice of a kind to the receipt, as plain data.

As in `pages`: texts in the reader's language, times aware, positions WGS 84 degrees, addresses ready for `href`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from app.features.contributions.pages import Choice, ListItem
from app.features.territories.backgrounds import Background


@dataclass(frozen=True, slots=True)
class KindPage:
    """The choice of a kind. `urls` maps each kind to its form. `urgent_phone` is the town's number outside
    hours.
    """

    urls: Mapping[str, str]
    urgent_phone: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """Answers after which one telephones instead of writing; the server refuses them too."""

    answers: Sequence[str]
    phone: str
    words: str


@dataclass(frozen=True, slots=True)
class Question:
    """An extra question of a category; the form shows it when that category is chosen.

    `type`: "text", "choice", "several" (as many of the choices as one likes), "yesno" (posted as "yes" or "no") or
    "number". The field's name is `answers.CATEGORY.KEY`: without scripts the questions of every category are on
    the page.
    """

    key: str
    label: str
    type: Literal["text", "choice", "several", "yesno", "number"] = "text"
    choices: Sequence[Choice] = ()
    required: bool = False
    hint: str = ""
    stop: Stop | None = None

    @property
    def options(self) -> list[tuple[str, str]]:
        """Value and text of each choice."""
        return [(choice.value, choice.label) for choice in self.choices]


@dataclass(frozen=True, slots=True)
class CategoryChoice:
    """A category of the form, under its `group`. `contact_required`: some need a way to call back. `photo`: "required",
    "optional" or "none".
    """

    slug: str
    label: str
    icon: str
    group: str
    questions: Sequence[Question] = ()
    contact_required: bool = False
    help: str = ""
    photo: str = "optional"


@dataclass(frozen=True, slots=True)
class Nearby:
    """An open contribution near the pin: "already reported here?"."""

    item: ListItem
    support_url: str
    at: tuple[float, float] | None = None
    """Longitude and latitude (degrees), where the form's map shows it too."""


_LEADS_TO = {"place": "place-errors", "photos": "photos-input", "category": "category-first"}


_DOWN_THE_PAGE = ("place", "photos", "category", "answers", "text")


def _place_on_page(field: str) -> int:
    part = field.partition(".")[0]
    return _DOWN_THE_PAGE.index(part) if part in _DOWN_THE_PAGE else len(_DOWN_THE_PAGE)


def _after(question: str, text: str) -> str:
    """A sentence after the question that it speaks of: two that wait for an answer would read alike."""
    if not question:
        return text
    return f"{question}{'' if question.endswith(('?', '.', '!', '…')) else '.'} {text}"


@dataclass(frozen=True, slots=True)
class NewPage:
    """The form. `values` is what was typed (names as posted), `errors` maps a field's name to a sentence.

    `often` are the categories (slugs) of most contributions here, offered before the list of all.
    `key` is the idempotency key of this form, made when it is first shown and posted back: sending twice is
    harmless. `max_text` is in characters, `max_photos` counts, `max_photo_mb` is per photo.
    """

    kind: str
    action: str
    key: str
    categories: Sequence[CategoryChoice]
    town: str
    center: tuple[float, float]
    bounds: tuple[float, float, float, float]
    basemap: Background
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    often: Sequence[str] = ()
    nearby: Sequence[Nearby] = ()
    nearby_url: str = "/list-fragment"
    geocode_url: str = ""
    cancel_url: str = "/"
    max_text: int = 4000
    max_photos: int = 5
    blurs_faces: bool = False
    max_photo_mb: int = 15

    @property
    def common(self) -> Sequence[CategoryChoice]:
        """The choices that `often` names, in its order."""
        known = {choice.slug: choice for choice in self.categories}
        return [known[slug] for slug in self.often if slug in known]

    @property
    def told(self) -> Mapping[str, str]:
        """What the top of the form says: the id that each line leads to, its sentence after its question."""
        asked = {f"answers.{one.slug}.{q.key}": q.label for one in self.categories for q in one.questions}
        down = sorted(self.errors.items(), key=lambda one: _place_on_page(one[0]))
        return {_LEADS_TO.get(name, name): _after(asked.get(name, ""), text) for name, text in down}

    @property
    def groups(self) -> Mapping[str, Sequence[CategoryChoice]]:
        """Categories under their group, in the given order."""
        found: dict[str, list[CategoryChoice]] = {}
        for category in self.categories:
            found.setdefault(category.group, []).append(category)
        return found


@dataclass(frozen=True, slots=True)
class ServiceContact:
    """Who answers, and how to reach them on paper or by voice."""

    name: str
    address: str = ""
    email: str = ""
    phone: str = ""
    hours: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """The acknowledgement. `follow_url` is the private link, absolute; `qr_svg` its QR code as an SVG
    document.

    `due` is the day by which the service answers, None for praise and proposals.
    """

    reference: str
    kind: str
    url: str
    follow_url: str
    received_at: datetime
    category_label: str
    service: ServiceContact
    address: str = ""
    due: date | None = None
    routed: bool = False
    qr_svg: str = ""
    email: str = ""
    another_url: str = ""
    """The form for something else at the same place."""
