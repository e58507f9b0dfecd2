"""What the pages of one's own space show, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.features.contributions.pages import ListItem


@dataclass(frozen=True, slots=True)
class OwnItem:
    """One's own contribution; `seen` is "" when everybody sees it, else a sentence that says who does."""

    item: ListItem
    seen: str = ""


@dataclass(frozen=True, slots=True)
class FollowLine:
    """Something that one follows. `how` says by which way and how often; `url` is where it is changed or ended."""

    name: str
    how: str
    url: str


@dataclass(frozen=True, slots=True)
class NewsLine:
    """One thing that one is told. `text` says what happened, `title` to what; `url` leads there and marks it read."""

    title: str
    reference: str
    kind: str
    text: str
    url: str
    when: datetime
    read: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class SpacePage:
    """One's own space; `email` is "" for a browser in which nobody is signed in."""

    contributions: Sequence[OwnItem]
    supported: Sequence[ListItem]
    follows: Sequence[FollowLine]
    news: Sequence[NewsLine]
    unread: int = 0
    email: str = ""
    left_in_browser: int = 0
    language: str = "fr"
    quiet_from: int | None = None
    quiet_to: int | None = None
    link_error: str = ""
    link_typed: str = ""
    push_key: str = ""
    passkeys: int = 0


@dataclass(frozen=True, slots=True)
class Erasure:
    """What erasing oneself would do, in figures."""

    contributions: int
    supports: int
    follows: int
    news: int
    devices: int
