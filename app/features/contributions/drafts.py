"""A contribution before it is one: what a form or the API understood, not yet checked against the town."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

BODY_MAX = 4000
TITLE_MAX = 140
PHOTOS_MAX = 5


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
