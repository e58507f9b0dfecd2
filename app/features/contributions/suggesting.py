"""Which category the words of a sentence speak of: a small classifier, taught by each town's own contributions.

Multinomial naive Bayes over words cut to their first letters, so that *lampadaires* and *lampadaire*, *zuhaitzak* and
*zuhaitza* are one. It begins with what each category says of itself in the town's languages and with the words that the
town's pack gives it, then counts the newest public contributions. A worker builds it, a file holds it, any process
reads it; without the file nothing is suggested, and nobody is ever kept from choosing.

After McCallum and Nigam, "A comparison of event models for naive Bayes text classification" (AAAI-98 workshop).
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core.storage import NotStored, Storage
from app.features.territories.catalogue import Town, current_town
from app.features.territories.models import Category

SAMPLE = 20_000
"""Newest public contributions that a town teaches with."""
MOST_CHARACTERS = 400
"""Of a text; the first sentences say what it is about."""
MOST = 3
"""Suggestions for one text."""
SURE = 0.2
"""Nothing is said of a text whose likeliest category is believed less than this."""
POSSIBLE = 0.08
"""Nor of another category that is believed less than that."""
SEED_WEIGHT = 4
"""A word of a category's own counts like four people who used it."""
ALPHA, LETTERS = 0.3, 6
_WORD = re.compile(r"[^\W\d_]{3,}")
_NO_TOPIC = """
les des une est pas dans sur pour par que qui avec plus aux ces son ses mais trop tout tous cette depuis devant rue
place avenue bonjour merci the and for this that with are not from there has have street eta bat dago daude hau hori
ere izan kale plaza
"""
_EMPTY = frozenset(_NO_TOPIC.split())


@dataclass(frozen=True)
class Suggestion:
    """A category, how much it is believed (0 to 1), and the words of the text that speak for it."""

    category: str
    belief: float
    because: tuple[str, ...]


class Model:
    """Counts of word stems by category, and how many texts taught each category."""

    def __init__(self, words: Mapping[str, Mapping[str, float]], texts: Mapping[str, float]) -> None:
        self.words, self.texts = words, texts
        self._totals = {slug: sum(counts.values()) for slug, counts in words.items()}
        self._vocabulary = frozenset(stem for counts in words.values() for stem in counts)

    def suggest(self, said: str, *, among: Iterable[str]) -> Sequence[Suggestion]:
        """The likeliest categories of `among` for a text, the best first; none for words that nobody used."""
        candidates = [slug for slug in among if slug in self.words]
        spoken = {stem: word for word in _words(said) if (stem := _stem(word)) in self._vocabulary}
        if not spoken or not candidates:
            return []
        likely = {stem: {slug: self._likelihood(slug, stem) for slug in candidates} for stem in spoken}
        scores = {
            slug: math.log(self._prior(slug)) + sum(math.log(by[slug]) for by in likely.values()) for slug in candidates
        }
        top = max(scores.values())
        weights = {slug: math.exp(score - top) for slug, score in scores.items()}
        total = sum(weights.values())
        ranked = sorted(candidates, key=lambda slug: -weights[slug])[:MOST]
        if weights[ranked[0]] / total < SURE:
            return []
        return [
            Suggestion(slug, round(weights[slug] / total, 3), self._reasons(slug, likely, spoken))
            for slug in ranked
            if weights[slug] / total >= POSSIBLE
        ]

    def _prior(self, slug: str) -> float:
        # What is reported a hundred times more often is only ten times likelier: rare things must be found too.
        return math.sqrt(self.texts.get(slug, 0.0) + 1.0)

    def _likelihood(self, slug: str, stem: str) -> float:
        count = self.words[slug].get(stem, 0.0)
        return (count + ALPHA) / (self._totals[slug] + ALPHA * len(self._vocabulary))

    def _reasons(
        self, slug: str, likely: Mapping[str, Mapping[str, float]], spoken: Mapping[str, str]
    ) -> tuple[str, ...]:
        """The words that are commoner in this category than in the others, the most telling first."""
        telling = {
            stem: by[slug] / (sum(by.values()) / len(by)) for stem, by in likely.items() if self.words[slug].get(stem)
        }
        return tuple(spoken[stem] for stem in sorted(telling, key=lambda stem: -telling[stem])[:3] if telling[stem] > 1)

    def dump(self) -> bytes:
        """The model as a file."""
        return json.dumps({"words": self.words, "texts": self.texts}, ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def load(cls, raw: bytes) -> Model:
        """Read what `dump` wrote. Raises ValueError or KeyError for another file."""
        data = json.loads(raw)
        return cls(data["words"], data["texts"])


def train(seeds: Mapping[str, Iterable[str]], said: Iterable[tuple[str, str]]) -> Model:
    """Count words: what is said of each category beforehand, and (category, text) pairs that people wrote."""
    words: dict[str, Counter[str]] = {slug: Counter() for slug in seeds}
    texts: Counter[str] = Counter()
    for slug, sentences in seeds.items():
        for stem in {_stem(word) for sentence in sentences for word in _words(sentence)}:
            words[slug][stem] += SEED_WEIGHT
    for slug, sentence in said:
        if slug in words:
            words[slug].update({_stem(word) for word in _words(sentence)})
            texts[slug] += 1
    return Model(words, texts)


def seeds_of(session: Session, town: Town) -> dict[str, list[str]]:
    """What a town's categories say of themselves, in all their languages, with the words that its pack gives them."""
    leaves = [category for category in town.categories.values() if category.leaf and category.active]
    words = session.execute(select(Category.id, Category.words).where(Category.id.in_([leaf.id for leaf in leaves])))
    given = {row.id: [word for spoken in row.words.values() for word in spoken] for row in words}
    return {leaf.slug: [*leaf.label.values(), *leaf.description.values(), *given.get(leaf.id, ())] for leaf in leaves}


_SAID = text(
    """
    SELECT k.slug, concat_ws(' ', c.title, c.body) AS said FROM contribution c JOIN category k ON k.id = c.category_id
    WHERE c.territory_id = ANY(CAST(:territories AS int[])) AND c.visibility = 'public'
    ORDER BY c.id DESC LIMIT :sample
    """
)


def learn_categories(session: Session, storage: Storage, town: Town, *, territories: Sequence[int]) -> Model:
    """Teach the town's classifier with what is public in these territories, and keep it as a file."""
    said = session.execute(_SAID, {"territories": list(territories), "sample": SAMPLE})
    model = train(seeds_of(session, town), ((row.slug, row.said) for row in said))
    storage.put(_key(town.id), model.dump())
    return model


def learn_everywhere(session: Session, storage: Storage) -> int:
    """Teach the classifier of each outermost territory and of each that has categories of its own; returns how many.

    All that nest in the same outermost one teach it: they share its categories.
    """
    taught = session.execute(_TAUGHT).all()
    for each in taught:
        learn_categories(session, storage, current_town(session, each.id), territories=each.ids)
    return len(taught)


_TAUGHT = text(
    """
    WITH RECURSIVE down AS (
      SELECT id AS root, id FROM territory WHERE parent_id IS NULL AND active
      UNION ALL SELECT down.root, t.id FROM territory t JOIN down ON t.parent_id = down.id WHERE t.active),
    trees AS (SELECT root, array_agg(id) AS ids FROM down GROUP BY root)
    SELECT down.id, trees.ids FROM down JOIN trees USING (root)
    WHERE down.id = down.root OR EXISTS (SELECT FROM category k WHERE k.territory_id = down.id AND k.listed)
    ORDER BY down.id
    """
)


def learnt(storage: Storage, territory_id: int) -> Model | None:
    """The town's classifier, or None while no worker has built it."""
    try:
        return Model.load(storage.get(_key(territory_id)))
    except (NotStored, ValueError, KeyError):
        return None


def _key(territory_id: int) -> str:
    return f"models/categories-{territory_id}.json"


def _words(said: str) -> list[str]:
    return [word for word in _WORD.findall(said.lower()) if word not in _EMPTY]


def _stem(word: str) -> str:
    plain = "".join(letter for letter in unicodedata.normalize("NFD", word) if not unicodedata.combining(letter))
    return plain[:LETTERS]
