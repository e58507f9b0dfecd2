"""What people of the demo write, by category and kind: hand-written YAML in `sayings/`, read once.

A topic is `{share: {kind: weight}, where, season, hours, answers: {question: [choices]}, done: [text],
problem|praise|proposal: [[title, text, picture]], en|eu: {kind: [[title, text, picture]]}}`. `{rue}` stands for the
place's name; `picture` is a scene, or one variant of it (`school:1`), or absent where no drawing would fit the words.
`answers` are drawn with the frequencies of their list; null leaves the question without an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

Kind = Literal["problem", "praise", "proposal"]
KINDS: tuple[Kind, ...] = ("problem", "praise", "proposal")
FOLDER = Path(__file__).parent / "sayings"
ANSWERS_FILE = "services.yaml"


@dataclass(frozen=True, slots=True)
class Saying:
    """A title (may be empty) and a text, each with `{rue}` where the place goes, and the picture that suits them."""

    title: str
    text: str
    picture: str = ""

    def about(self, place: str) -> Saying:
        """The same, said of a place."""
        title, text = (words.replace("{rue}", place) for words in (self.title, self.text))
        return Saying(title[:1].upper() + title[1:], text[:1].upper() + text[1:], self.picture)


@dataclass(frozen=True, slots=True)
class Topic:
    """A category as people speak of it. `share` weighs it among the contributions of each kind."""

    slug: str
    share: Mapping[Kind, float]
    where: Mapping[Kind, str]
    season: str
    hours: str
    answers: Mapping[str, tuple[Any, ...]]
    sayings: Mapping[tuple[str, Kind], tuple[Saying, ...]]
    """By language and kind."""
    done: tuple[str, ...]
    """How the service says that it is done."""

    def languages(self, kind: Kind) -> tuple[str, ...]:
        """The languages in which somebody wrote about it."""
        return tuple(language for language, of in self.sayings if of == kind)


@cache
def topics() -> Mapping[str, Topic]:
    """Every topic by the slug of its category. Raises ValueError for a file that says something else."""
    found: dict[str, Topic] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.name != ANSWERS_FILE:
            for slug, given in _read(path).items():
                if slug in found:
                    raise ValueError(f"{path.name}: {slug} is there twice")
                found[slug] = _topic(slug, given)
    return found


@cache
def service_words() -> Mapping[str, Any]:
    """What services answer when the category has no words of its own, by step."""
    words: Mapping[str, Any] = _read(FOLDER / ANSWERS_FILE)
    return words


def _read(path: Path) -> Any:
    # The same loader in C where PyYAML was built with it: a second less at each load of the demo.
    return yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


def _topic(slug: str, given: dict[str, Any]) -> Topic:
    where = given.get("where", "street")
    sayings = {("fr", kind): _sayings(given.get(kind)) for kind in KINDS}
    for language in ("en", "eu"):
        sayings |= {(language, kind): _sayings(given.get(language, {}).get(kind)) for kind in KINDS}
    return Topic(
        slug=slug,
        share=given["share"],
        where={kind: where if isinstance(where, str) else where.get(kind, "street") for kind in KINDS},
        season=given.get("season", "even"),
        hours=given.get("hours", "day"),
        answers={question: tuple(choices) for question, choices in given.get("answers", {}).items()},
        sayings={key: said for key, said in sayings.items() if said},
        done=tuple(given.get("done", ())),
    )


def _sayings(given: list[list[str]] | None) -> tuple[Saying, ...]:
    return tuple(Saying(*words) for words in given or ())
