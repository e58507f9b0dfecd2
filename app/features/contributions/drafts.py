"""A contribution before it is one: what a form or the API understood, not yet checked against the town."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

BODY_MAX = 4000
TITLE_MAX = 140
PHOTOS_MAX = 5

# Overrides and isolates can make a text read as another; plain marks (LRM, RLM, ALM) are needed by real languages.
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROLS = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_LOOKS_EMPTY = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and signs without ink: Hangul fillers and the Braille blank."""
_INVISIBLE = {"Cc", "Cf", "Zs", "Zl", "Zp", "Mn"}


def clean(words: str) -> str:
    """Text as it is kept: NFC, one kind of line end, no control nor override characters, trimmed."""
    words = unicodedata.normalize("NFC", words.replace("\r\n", "\n").replace("\r", "\n"))
    return _CONTROLS.sub("", _OVERRIDES.sub("", words)).strip()


def one_line(words: str | None) -> str | None:
    """A name, a title or an address as it is kept: cleaned, on one line; None when nothing of it can be seen."""
    line = " ".join(clean(words or "").split())
    return None if is_blank(line) else line


def is_blank(words: str) -> bool:
    """Whether nothing of it can be seen."""
    return all(unicodedata.category(character) in _INVISIBLE or character in _LOOKS_EMPTY for character in words)


@dataclass(frozen=True)
class ContactDraft:
    """How an author wishes to be reached."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    silent: bool = False

    def __bool__(self) -> bool:
        return bool(self.name or self.email or self.phone)


@dataclass(frozen=True)
class PhotoDraft:
    """A checked photo whose original is already stored, privately, under `original_key`."""

    original_key: str
    content_type: str
    width: int
    height: int
    size: int
    sha256: str
    exif_lon: float | None = None
    exif_lat: float | None = None
    taken_at: datetime | None = None


@dataclass(frozen=True)
class Draft:
    """Everything one person says about one place. `lon`, `lat` in degrees (WGS84), `accuracy_m` in metres."""

    kind: str
    category: str
    text: str
    lon: float
    lat: float
    title: str | None = None
    accuracy_m: float | None = None
    address: str | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    contact: ContactDraft = field(default_factory=ContactDraft)
    channel: str = "web"
    language: str = "fr"
    territory: str | None = None
    photos: tuple[PhotoDraft, ...] = ()
