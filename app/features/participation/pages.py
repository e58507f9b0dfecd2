"""What the pages of ideas show, as plain data: the views fill these, the templates draw them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.features.contributions.pages import Choice, ListItem, PhotoView
from app.features.moderation.pages import PictureView

BARS = 50
"""Height of the tallest bar, in the drawing's own units."""


@dataclass(frozen=True, slots=True)
class VoteChoice:
    """One answer: what is written on it, and what it says to those who do not see where it stands."""

    value: int
    sign: str
    name: str


@dataclass(frozen=True, slots=True)
class Bar:
    """How many gave an answer; `height` of `BARS`."""

    sign: str
    name: str
    n: int
    height: int
    mine: bool


@dataclass(frozen=True, slots=True)
class VotePart:
    """The vote of an idea. `value` is one's own answer or None; `bars` are empty while nobody may know.

    `hidden` and `after_vote` say why there are no results; `over` that no vote counts any more.
    """

    mode: str
    choices: Sequence[VoteChoice]
    value: int | None
    own_sign: str
    action: str
    api: str
    may_vote: bool
    standing: str
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    hidden: bool = False
    after_vote: bool = False
    voters: int | None = None
    sentence: str = ""
    bars: Sequence[Bar] = ()
    bubble: int | None = None
    changed: bool = False
    """The idea reads otherwise since one's vote."""


@dataclass(frozen=True, slots=True)
class CommentView:
    """A comment as it is read. `town` is the service that answers in it, or ""; `gone` the words in its place."""

    id: int
    depth: int
    stance: str
    text: str
    language: str
    when: datetime
    town: str = ""
    gone: str = ""
    waits: bool = False
    own: bool = False
    agrees: int = 0
    agreed: bool = False
    replies: int = 0
    agree_url: str = ""
    answer_url: str = ""
    report_url: str = ""
    remove_url: str = ""
    photos: Sequence[PhotoView] = ()


@dataclass(frozen=True, slots=True)
class Related:
    """Another idea, by its number, its title and its address."""

    reference: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Invited:
    """The question asked of somebody who carried a part of what this idea unites."""

    action: str
    parts: Sequence[Related]


@dataclass(frozen=True, slots=True)
class IdeaSection:
    """What stands on an idea's page below its words."""

    reference: str
    process: str
    vote: VotePart
    counts: Mapping[str, int]
    best: Mapping[str, Sequence[CommentView]]
    answers: Sequence[CommentView]
    discussion_url: str
    may_comment: bool
    state: str = ""
    """How its process calls the state in which it is, where it has a word of its own."""
    united_into: Related | None = None
    gave_way: bool = False
    made_of: Sequence[Related] = ()
    group: str = ""
    grouped_with: Sequence[Related] = ()
    invited: Invited | None = None
    versions: int = 0
    versions_url: str = ""
    amend_url: str = ""
    unite_url: str = ""

    @property
    def comments(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class DiscussionPage:
    """All that is said under an idea, and the form. `answering` is the comment that one answers."""

    reference: str
    title: str
    url: str
    comments: Sequence[CommentView]
    counts: Mapping[str, int]
    action: str
    may_comment: bool
    may_answer_for_town: bool = False
    answering: CommentView | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    following: str = ""
    sending: str = ""
    max_text: int = 2000
    max_photos: int = 2
    max_photo_mb: int = 15
    blurs_faces: bool = False


@dataclass(frozen=True, slots=True)
class IdeasPage:
    """The list of ideas. `orders` and the other menus are for the form of filters; `following` leads on.

    `groups`: the title under which an idea is grouped, by its reference.
    """

    items: Sequence[ListItem]
    total: int
    process: str
    lead: str
    processes: Sequence[Choice]
    categories: Sequence[Choice]
    zones: Sequence[Choice]
    states: Sequence[Choice]
    orders: Sequence[Choice]
    chosen: Mapping[str, str]
    hidden: bool = False
    closes_at: datetime | None = None
    standing: Literal["coming", "open", "closed"] = "open"
    following: str = ""
    first: str = ""
    synthesis_url: str = ""
    propose_url: str = ""
    follow_url: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VersionView:
    """How the idea read until `until`; the newest has none."""

    number: int
    title: str
    text: str
    until: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class VersionsPage:
    """All versions of an idea, newest first."""

    reference: str
    title: str
    url: str
    versions: Sequence[VersionView]


@dataclass(frozen=True, slots=True)
class AmendPage:
    """Where an author amends their idea, or lets it give way to another."""

    reference: str
    back_url: str
    action: str
    yield_action: str
    values: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)
    may_amend: bool = True
    max_text: int = 4000


@dataclass(frozen=True, slots=True)
class UnitePage:
    """Where a facilitator merges or groups ideas."""

    action: str
    values: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)
    parts: Sequence[Related] = ()
    log: Sequence[UnionLine] = ()


@dataclass(frozen=True, slots=True)
class UnionLine:
    """One union in the log: who, when, why, and whether it was undone."""

    id: int
    kind: str
    title: str
    parts: Sequence[Related]
    result: Related | None
    who: str
    when: datetime
    why: str
    undone_when: datetime | None = None
    undone_who: str = ""
    undone_why: str = ""
    undo_url: str = ""
    invited: int = 0
    answered: int = 0


@dataclass(frozen=True, slots=True)
class MutePage:
    """Where somebody who is told of answers says: no more."""

    reference: str
    action: str
    muted: bool


@dataclass(frozen=True, slots=True)
class SynthesisRow:
    """Ideas of one zone or theme: how many in each state, how many people spoke; None while counts are hidden."""

    name: str
    ideas: int
    states: Mapping[str, int]
    voters: int | None
    comments: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class SynthesisPage:
    """What became of the ideas of a process, by zone and by theme."""

    process: str
    processes: Sequence[Choice]
    chosen: str
    zones: Sequence[SynthesisRow]
    themes: Sequence[SynthesisRow]
    total: SynthesisRow
    sentence: str
    states: Sequence[tuple[str, str]]
    csv_url: str
    ideas_url: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class ModeratedComment:
    """A comment in the moderators' queue; an address is empty where its verb means nothing."""

    id: int
    text: str
    language: str
    when: datetime
    reference: str
    title: str
    url: str
    reports: Sequence[str] = ()
    publish_url: str = ""
    hide_url: str = ""
    restore_url: str = ""
    keep_url: str = ""
    pictures: Sequence[PictureView] = ()
