"""A sentence that can be said in several languages: an English message id and its parameters.

Pure code (rules, deadlines, checks) cannot know who will read its words, nor in which language; it returns a
`Message`, which can be stored as JSON and said later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Labels = Mapping[str, str]
"""A name in several languages: `{"fr": "Voirie", "en": "Roads", "eu": "Bideak"}`."""

Translate = Callable[[str], str]


def label(labels: Labels, language: str) -> str:
    """The name in that language, else in English, else in French, else in whichever exists."""
    for code in (language, "en", "fr"):
        if labels.get(code):
            return labels[code]
    return next(iter(labels.values()), "")


@dataclass(frozen=True, slots=True)
class Message:
    """`id` is the English sentence with `%(name)s` places; it is also the key in the catalogues.

    A parameter may be text, a number, labels by language, another message, or a sequence of those.
    """

    id: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def render(self, *, translate: Translate = str, language: str = "en") -> str:
        """The sentence in words; `translate` is the catalogue of `language`."""
        sentence = translate(self.id)
        if not self.params:
            return sentence.replace("%%", "%")
        return sentence % {name: _said(value, translate, language) for name, value in self.params.items()}

    def to_json(self) -> dict[str, Any]:
        """A shape that `Message.from_json` reads back."""
        return {"id": self.id, "params": {name: _stored(value) for name, value in self.params.items()}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Message:
        """The message that `to_json` wrote; raises KeyError when `id` is absent."""
        params = data.get("params") or {}
        return cls(data["id"], {name: _restored(value) for name, value in params.items()})

    def __str__(self) -> str:
        return self.render()


def _said(value: Any, translate: Translate, language: str) -> str:
    if isinstance(value, Message):
        return value.render(translate=translate, language=language)
    if isinstance(value, Mapping):
        return label(value, language)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_said(item, translate, language) for item in value)
    return str(value)


def _stored(value: Any) -> Any:
    if isinstance(value, Message):
        return {"$message": value.to_json()}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_stored(item) for item in value]
    return value


def _restored(value: Any) -> Any:
    if isinstance(value, Mapping) and "$message" in value:
        return Message.from_json(value["$message"])
    if isinstance(value, list):
        return [_restored(item) for item in value]
    return value
