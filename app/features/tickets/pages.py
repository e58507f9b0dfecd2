"""What the desk shows, as plain data: the views fill these, the templates draw them.

A `state` is a public one (see `app.web.words`), because agents and residents must speak of the same thing;
`version` travels with every form so that two agents never overwrite each other unseen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.features.contributions.pages import MiniMap, PhotoView, Step


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A ticket in a queue. `due` in words ("Tomorrow", "Late by 1 day"), `urgency` colours it."""

    reference: str
    kind: str
    title: str
    place: str
    url: str
    due: str = ""
    urgency: Literal["", "soon", "late"] = ""
    contributions: int = 1
    note: str = ""


@dataclass(frozen=True, slots=True)
class QueueTab:
    """A view of the queue, with its count. `late` draws the count as a warning."""

    label: str
    url: str
    count: int
    current: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class Sort:
    """A way to order the queue."""

    label: str
    url: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """One contribution of the ticket. `who` never names a person: "Resident", "By telephone"…"""

    reference: str
    who: str
    when: datetime
    text: str
    url: str = ""
    contact: str = ""
    split_url: str = ""
    """Where to post `contribution` to give it a ticket of its own; "" when this agent may not."""
    hidden: bool = False
    """Not shown in public."""
    answers: Sequence[tuple[str, str]] = ()
    """The category's questions and what was answered, in words; only the desk reads them."""


@dataclass(frozen=True, slots=True)
class Option:
    """An entry of a menu of the desk."""

    value: str
    label: str

    @property
    def pair(self) -> tuple[str, str]:
        """Value and text, as the menus' macro takes them."""
        return self.value, self.label


@dataclass(frozen=True, slots=True)
class Child:
    """A ticket that this one gathers. `url` is "" when this agent may not open it; `state` is a public one."""

    reference: str
    title: str
    state: str
    service: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Transition:
    """A state this agent may give now. `state` is the ticket's own state name; `key` is the keyboard's
    letter.

    `needs_text`: the reason is mandatory (declining). `primary`: the next natural step, drawn as the main
    action; `more`: a rarer one, in the menu.
    """

    state: str
    label: str
    icon: str
    key: str = ""
    needs_text: bool = False
    primary: bool = False
    more: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and a value at the top of the ticket. `urgency` as in a row."""

    name: str
    value: str
    urgency: Literal["", "soon", "late"] = ""


@dataclass(frozen=True, slots=True)
class TicketView:
    """The open ticket. `action` receives `state`, `text`, `public`, `version` (POST, CSRF).

    `told` is how many people an answer reaches. `transfer_url` receives `service`; `assign_url` takes it
    for oneself; both are "" when this agent may not. `routing` is the rule that decided, in words.
    """

    reference: str
    kind: str
    title: str
    state: str
    version: int
    opened: str
    channel: str
    action: str
    facts: Sequence[Fact] = ()
    photos: Sequence[PhotoView] = ()
    said: Sequence[Said] = ()
    said_total: int = 0
    steps: Sequence[Step] = ()
    transitions: Sequence[Transition] = ()
    services: Sequence[Option] = ()
    transfer_url: str = ""
    assign_url: str = ""
    assigned_to_me: bool = False
    address: str = ""
    place: str = ""
    routing: str = ""
    told: int = 0
    map: MiniMap | None = None
    public_url: str = ""
    draft: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    """The fields of a form that was refused, as typed."""
    errors: dict[str, str] = field(default_factory=dict)
    colleagues: Sequence[Option] = ()
    """To whom this agent may give the ticket; `assign_url` receives `assignee`."""
    categories: Sequence[Option] = ()
    category_url: str = ""
    place_url: str = ""
    """Where to post `address`, `lat` and `lon`."""
    near: Sequence[Option] = ()
    """Open tickets close by of the same category; `duplicate_url` receives `of`."""
    duplicate_url: str = ""
    duplicates: Sequence[Option] = ()
    """Tickets closed as duplicates of this one: reference and address."""
    duplicate_of: Option | None = None
    parent: Option | None = None
    """The ticket that gathers this one: address and reference."""
    children: Sequence[Child] = ()
    attach_url: str = ""
    """Where to post `parent` or `child` (a reference); "" when this agent may not."""
    detach_url: str = ""
    """Where to leave the parent, or to let `child` go."""
    takes_children: bool = False
    closes_children: int = 0
    """How many open children are closed with it."""
    reasons: Sequence[Option] = ()
    """Reasons for declining."""
    planned_on: str = ""
    reason: str = ""

    @property
    def corrects(self) -> bool:
        """Whether a form of *Correct or join* was refused: it is shown open, as it was typed."""
        return not {"category", "address", "lat", "lon", "of", "parent", "child"}.isdisjoint(self.typed)


@dataclass(frozen=True, slots=True)
class DeskPage:
    """A service's queue and, when one is chosen, its ticket. `other_queues` lets those who serve several
    switch.
    """

    service: str
    agent: str
    agent_role: str
    rows: Sequence[QueueRow]
    tabs: Sequence[QueueTab]
    total: int
    sorts: Sequence[Sort] = ()
    other_queues: Sequence[QueueTab] = ()
    ticket: TicketView | None = None
    previous: str = ""
    following: str = ""
    query: str = ""
    search_url: str = ""
    more_url: str = ""
