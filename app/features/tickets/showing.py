"""From what the queries read to what the desk's templates draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.db import db
from app.core.i18n import label
from app.features.accounts.policies import Actor
from app.features.accounts.queries import members
from app.features.contributions.pages import MiniMap, PhotoView
from app.features.contributions.reasons import DECLINE_REASONS
from app.features.contributions.urls import public_url
from app.features.territories.catalogue import Town, current_town
from app.features.territories.sites import shown_basemap, site_town
from app.features.tickets import queries, wording
from app.features.tickets.pages import Child, DeskPage, Fact, Option, QueueRow, QueueTab, Said, Sort, TicketView
from app.features.tickets.pictures import picture_url
from app.features.tickets.queries import QueueLine, ServiceLine, TicketDetail
from app.features.tickets.queries.detail import ContactFace, ContributionLine
from app.features.tickets.services import MAX_CHILDREN
from app.features.tickets.workflow import CLOSED, State
from app.web import words

VIEWS = ("mine", "team", "late")
SORTS = {"due": _l("Due date"), "recent": _l("Newest")}
ROLES = {
    "agent": _l("agent"),
    "dispatcher": _l("dispatcher"),
    "manager": _l("manager"),
    "planner": _l("planner"),
    "administrator": _l("administrator"),
    "guarantor": _l("guarantor"),
}
_WHO = {
    "web": _l("Resident"),
    "api": _l("Another application"),
    "phone": _l("By telephone"),
    "desk": _l("At the counter"),
    "paper": _l("On paper"),
    "workshop": _l("Workshop"),
    "chat": _l("By chat"),
    "import": _l("Taken over"),
}


@dataclass(frozen=True, slots=True)
class Looking:
    """Which part of the work is on the screen; it lives in the address."""

    services: Sequence[ServiceLine]
    """Every queue this actor may open."""
    chosen: ServiceLine | None
    view: str
    sort: str
    query: str
    cursor: str | None

    @property
    def service_ids(self) -> list[int] | None:
        """The queue chosen; None for all that the actor may see."""
        return [self.chosen.id] if self.chosen else None

    def params(self, **changes: str) -> dict[str, str]:
        """The address's parameters, with changes; what is empty is left out."""
        kept = {"view": self.view, "sort": "" if self.sort == "due" else self.sort, "q": self.query}
        if self.chosen:
            kept |= {"service": self.chosen.slug, "territory": self.chosen.territory}
        return {name: value for name, value in (kept | changes).items() if value}

    def address(self, path: str, **changes: str) -> str:
        """A path with these parameters."""
        params = self.params(**changes)
        return f"{path}?{urlencode(params)}" if params else path


def looking(actor: Actor, args: Mapping[str, str]) -> Looking:
    """What an address asks for; what is unknown falls back to the whole of what the actor may see."""
    services = queries.services_seen(db.session, actor)
    slug, territory = args.get("service", ""), args.get("territory", "")
    chosen = next((one for one in services if one.slug == slug and territory in ("", one.territory)), None)
    if chosen is None and len(services) == 1:
        chosen = services[0]
    view = args.get("view", "")
    if view not in VIEWS:
        # Whoever holds tickets begins with those; whoever holds none sees what the team has.
        view = "mine" if queries.counts(db.session, actor).mine and "q" not in args else "team"
    sort = args.get("sort", "due")
    query = args.get("q", "").strip()[:100]
    return Looking(services, chosen, view, sort if sort in SORTS else "due", query, args.get("cursor"))


def desk_page(actor: Actor, look: Looking, ticket: TicketView | None = None) -> DeskPage:
    """The queue, and the open ticket if there is one."""
    figures = queries.counts(db.session, actor, service_ids=look.service_ids)
    page = queries.tickets_in_queue(
        db.session,
        actor,
        service_ids=look.service_ids,
        state="all" if look.query else "open",
        mine=look.view == "mine" and not look.query,
        late=look.view == "late" and not look.query,
        search=look.query or None,
        sort=look.sort,
        cursor=look.cursor,
    )
    desk = url_for("tickets.queue")
    totals = {"mine": figures.mine, "team": figures.team, "late": figures.late}
    return DeskPage(
        service=_queue_name(look),
        agent=actor.name or actor.email,
        agent_role=_role_line(actor, look),
        rows=_rows(page.lines, look),
        tabs=[
            QueueTab(name, look.address(desk, view=view, q=""), totals[view], look.view == view, view == "late")
            for view, name in (("mine", _("Mine")), ("team", _("Team")), ("late", _("Late")))
        ],
        total=len(page.lines) if look.query else totals[look.view],
        sorts=[Sort(str(name), look.address(desk, sort=key), key == look.sort) for key, name in SORTS.items()],
        other_queues=_queues(look, desk),
        ticket=ticket,
        query=look.query,
        search_url=desk,
        more_url=look.address(desk, cursor=page.next) if page.next else "",
    )


def _queue_name(look: Looking) -> str:
    if look.chosen:
        return label(look.chosen.name)
    return str(_("All my queues") if look.services else _("No queue yet"))


def _role_line(actor: Actor, look: Looking) -> str:
    role = str(ROLES.get(actor.role or "", ""))
    return label(look.services[0].name) if len(look.services) == 1 else role[:1].upper() + role[1:]


def _queues(look: Looking, desk: str) -> list[QueueTab]:
    if len(look.services) < 2:
        return []
    names = [label(one.name) for one in look.services]
    everything = sum(one.open_tickets for one in look.services)
    tabs = [QueueTab(_("All"), look.address(desk, service="", territory=""), everything, look.chosen is None)]
    for one in look.services:
        name = label(one.name)
        if names.count(name) > 1:
            name = f"{name}, {one.territory_name}"
        address = look.address(desk, service=one.slug, territory=one.territory)
        tabs.append(QueueTab(name, address, one.open_tickets, one == look.chosen))
    return tabs


def _rows(lines: Sequence[QueueLine], look: Looking) -> list[QueueRow]:
    now, rows, zones = datetime.now(UTC), [], {}
    for line in lines:
        if line.territory not in zones:
            zones[line.territory] = ZoneInfo(line.timezone)
        due, urgency = wording.due_words(
            line.due_at, now=now, zone=zones[line.territory], closed=line.closed_at is not None
        )
        note = "" if look.chosen else label(line.service_name)
        rows.append(
            QueueRow(
                reference=line.reference,
                kind=line.kind,
                title=line.title or label(line.category_label),
                place=line.zone or "",
                url=look.address(url_for("tickets.ticket", reference=line.reference)),
                due=due,
                urgency=urgency,
                contributions=line.contributions,
                note=note,
            )
        )
    return rows


def ticket_view(
    actor: Actor,
    detail: TicketDetail,
    look: Looking,
    *,
    typed: Mapping[str, str],
    errors: Mapping[str, str],
) -> TicketView:
    """The open ticket; `typed` and `errors` come back from a form that was refused."""
    row = detail.row
    town = current_town(db.session, row.territory_id)
    works = detail.may_work
    first = detail.contributions[0] if detail.contributions else None
    here = site_town()

    def verb(name: str) -> str:
        return look.address(url_for(f"tickets.{name}", reference=row.reference)) if works else ""

    return TicketView(
        reference=row.reference,
        kind=row.kind,
        title=row.title or label(row.category_label),
        state=words.public_state(row.state, in_a_queue=True),
        version=row.version,
        opened=_("Opened %(ago)s", ago=current_app.jinja_env.filters["ago"](row.opened_at)),
        channel=str(words.CHANNELS.get(first.channel, "")) if first else "",
        action=verb("speak"),
        facts=_facts(detail, town),
        photos=_photos(detail),
        said=[_said(one, detail, town, verb("split")) for one in detail.contributions],
        said_total=len(detail.contributions),
        steps=wording.steps(detail.history, town=town, state=row.state, names=detail.given_to),
        transitions=wording.moves(row.kind, row.state, detail.next_states),
        services=_targets(detail, town),
        transfer_url=verb("move") if detail.may_move else "",
        assign_url=verb("assign"),
        assigned_to_me=row.assignee_id == actor.id,
        address=next((one.address for one in detail.contributions if one.address), ""),
        place=", ".join(part for part in (row.zone, town.name) if part),
        routing=wording.routing_words(row.routing),
        told=detail.told,
        map=MiniMap((row.lon, row.lat), row.kind, shown_basemap(), here.bounds),
        public_url=public_url(row.reference) if first and first.visibility == "public" else "",
        draft=typed.get("text", ""),
        typed=typed,
        planned_on=typed.get("planned_on", ""),
        reason=typed.get("reason", ""),
        errors=dict(errors),
        colleagues=_colleagues(detail) if detail.may_assign_others else [],
        categories=_categories(detail, town) if works else [],
        category_url=verb("correct_category"),
        place_url=verb("correct_place"),
        duplicate_url=verb("mark_duplicate") if "duplicate" in detail.next_states else "",
        near=[Option(one.reference, f"{one.reference}, {one.title}") for one in detail.neighbours if one.same_category],
        duplicates=[_link(other) for other in detail.duplicates],
        duplicate_of=_link(row.duplicate_of) if row.duplicate_of else None,
        **_family(detail, attach_url=verb("attach"), detach_url=verb("detach")),
        reasons=[Option(code, str(_(message.id))) for code, message in DECLINE_REASONS.items()],
    )


def _link(reference: str) -> Option:
    return Option(url_for("tickets.ticket", reference=reference), reference)


def _facts(detail: TicketDetail, town: Town) -> list[Fact]:
    row = detail.row
    facts = [Fact(_("Category"), label(row.category_label)), Fact(_("Held by"), row.assignee or _("nobody"))]
    if row.due_at is not None and row.state not in CLOSED:
        facts.append(_due(row.due_at, town))
    supports = sum(one.supports or 0 for one in detail.contributions)
    if supports:
        facts.append(Fact(_("Supports"), str(supports)))
    if row.waiting_for:
        waiting = {"author": _("the author"), "third_party": _("a third party")}
        facts.append(Fact(_("Waiting for"), waiting.get(row.waiting_for, row.waiting_for)))
    return facts


def _due(due_at: datetime, town: Town) -> Fact:
    """Near days by their name and hour, others by their date."""
    filters = current_app.jinja_env.filters
    said, urgency = wording.due_words(due_at, now=datetime.now(UTC), zone=town.timezone)
    if urgency == "soon":
        said = f"{said}, {filters['clock'](due_at)}"
    elif urgency == "":
        said = filters["day"](due_at, short=True)
    return Fact(_("Answer due"), said, urgency)


def _photos(detail: TicketDetail) -> list[PhotoView]:
    total = len(detail.photos)
    return [
        PhotoView(
            url_1600=picture_url(detail.row.reference, photo, 1600),
            url_400=picture_url(detail.row.reference, photo, 400),
            alt=_("Photo %(number)s of %(total)s", number=number, total=total),
            width=photo.width,
            height=photo.height,
        )
        for number, photo in enumerate(detail.photos, 1)
    ]


def _said(one: ContributionLine, detail: TicketDetail, town: Town, split_url: str) -> Said:
    leaves = split_url and one.reference != detail.row.reference and len(detail.contributions) > 1
    return Said(
        reference=one.reference,
        who=str(_WHO.get(one.channel, one.channel)),
        when=one.created_at,
        text=_text(one, detail.row.title),
        url=public_url(one.reference) if one.visibility == "public" else "",
        contact=_contact(one.contact),
        split_url=split_url if leaves else "",
        hidden=one.visibility != "public",
        answers=wording.answers(one.answers, town=town, category_id=detail.row.category_id),
    )


def _text(one: ContributionLine, heading: str) -> str:
    """What was said; a title that the page already shows is not said twice."""
    title = "" if one.title in (None, heading) and one.body else one.title
    return "\n".join(part for part in (title, one.body) if part)


def _contact(contact: ContactFace | None) -> str:
    if contact is None:
        return ""
    if contact.masked:
        return str(_("contact not shown to your role"))
    said = [part for part in (contact.name, contact.email, contact.phone) if part]
    if contact.silent:
        said.append(_("do not contact"))
    return ", ".join(said)


def _family(detail: TicketDetail, *, attach_url: str, detach_url: str) -> dict[str, Any]:
    """What the page says of the ticket's parent and children, and what it offers."""
    row, parent = detail.row, detail.parent
    may_join = row.kind == "problem" and row.state != State.DUPLICATE and parent is None
    open_here = row.state not in CLOSED
    full = len(detail.children) >= MAX_CHILDREN
    return {
        "parent": _link(parent.reference) if parent else None,
        "children": [
            Child(
                reference=one.reference,
                title=one.title,
                state=words.public_state(one.state, in_a_queue=True),
                service=label(one.service_name),
                url=url_for("tickets.ticket", reference=one.reference) if one.seen else "",
            )
            for one in detail.children
        ],
        "attach_url": attach_url if may_join and not full and (open_here or not detail.children) else "",
        "detach_url": detach_url,
        "takes_children": open_here,
        "closes_children": sum(one.state not in CLOSED for one in detail.children) if open_here else 0,
    }


def _targets(detail: TicketDetail, town: Town) -> list[Option]:
    if not detail.may_move:
        return []
    return [
        Option(key, label(service.name))
        for key, service in town.service_keys.items()
        if service.id != detail.row.service_id and not key.startswith("parent:")
    ]


def _colleagues(detail: TicketDetail) -> list[Option]:
    return [Option(str(one.id), one.name) for one in members(db.session, service_ids=[detail.row.service_id])]


def _categories(detail: TicketDetail, town: Town) -> list[Option]:
    found = [
        Option(one.slug, label(one.label))
        for one in town.categories.values()
        if one.leaf and one.active and detail.row.kind in one.kinds and one.id != detail.row.category_id
    ]
    return sorted(found, key=lambda option: option.label.casefold())
