"""What the moderators' templates show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app.core.i18n import label
from app.features.moderation import wording
from app.features.moderation.queries import BlockLine, Item, JournalLine, PhotoLine
from app.web import words


@dataclass(frozen=True)
class HintView:
    """`what` we think it is, `found` in the text; `strong` when it points at somebody."""

    what: str
    found: str
    strong: bool


@dataclass(frozen=True)
class ReportView:
    """One person's report."""

    reason: str
    words: str
    when: datetime


@dataclass(frozen=True)
class PictureView:
    """A photo: `url` empty while it is not made."""

    id: int
    url: str
    hidden: bool
    hide_url: str
    show_url: str
    cover_url: str = ""


@dataclass(frozen=True)
class Entry:
    """One contribution to decide about, with the decisions that are open."""

    reference: str
    kind: str
    kind_label: str
    title: str
    text: str
    language: str
    when: datetime
    address: str
    photos: int
    pictures: Sequence[PictureView]
    edit_url: str
    standing: str
    service: str
    ticket: str
    reports: Sequence[ReportView]
    hints: Sequence[HintView]
    held: str
    may_publish: bool
    may_hide: bool
    may_restore: bool
    may_keep: bool


@dataclass(frozen=True)
class LogLine:
    """One decision of the log."""

    when: datetime
    who: str
    what: str
    reference: str
    reason: str
    words: str
    said: str = ""

    @property
    def why(self) -> str:
        """The reason, and what was said to explain it."""
        return words.named(self.reason, self.words) if self.reason and self.words else self.reason or self.words


@dataclass(frozen=True)
class BlockView:
    """One entry of the block list."""

    kind: str
    value: str
    reason: str
    who: str
    when: datetime
    until: datetime | None
    ended: datetime | None
    ended_by: str
    waiting: int
    remove_url: str


def standing_words(visibility: str) -> str:
    """Who sees it now."""
    said = {"pending": _("Waiting: nobody sees it"), "hidden": _("Hidden"), "public": _("Public")}
    return str(said.get(visibility, ""))


def held_words(row: Any) -> str:
    """Why no service knows of it yet; empty when one does."""
    if row.held == "blocked":
        if row.blocked is None:
            return str(_("Held: its author was on the block list"))
        return str(_("Held: %(value)s is on the block list (%(reason)s)", value=row.blocked, reason=row.blocked_reason))
    if row.held == "unproved":
        return str(_("Held: it came while this source sent unusually fast"))
    return ""


def block_lines(entries: Sequence[BlockLine]) -> list[BlockView]:
    """The block list as its page shows it."""
    return [
        BlockView(
            kind=str(wording.BLOCK_KINDS[each.kind]),
            value=each.value,
            reason=each.reason,
            who=each.who,
            when=each.at,
            # The last day, as it was asked for.
            until=each.until - timedelta(seconds=1) if each.until else None,
            ended=each.ended_at,
            ended_by=each.ended_by,
            waiting=each.waiting,
            remove_url=url_for("blocking.remove", entry_id=each.id) if each.counts else "",
        )
        for each in entries
    ]


def picture_views(photos: Sequence[PhotoLine], *, comment_id: int | None = None) -> list[PictureView]:
    """The photos, of a contribution or of a comment, with what may be done to each."""

    def at(photo: PhotoLine, act: str) -> str:
        return url_for("editing.decide_photo", photo_id=photo.id, act=act, comment=comment_id)

    return [
        PictureView(
            id=each.id,
            url=url_for("moderation.picture", photo_id=each.id) if each.ready else "",
            hidden=each.hidden,
            hide_url="" if each.hidden else at(each, "masquer"),
            show_url=at(each, "montrer") if each.hidden else "",
            cover_url="" if each.hidden else url_for("covering.cover", photo_id=each.id, comment=comment_id),
        )
        for each in photos
    ]


def moderation_entries(items: Sequence[Item]) -> list[Entry]:
    """The queue as its page shows it."""
    return [_entry(item) for item in items]


def _entry(item: Item) -> Entry:
    row = item.row
    title = row.title or row.body.strip().split("\n", 1)[0][:120]
    return Entry(
        reference=row.reference,
        kind=row.kind,
        kind_label=str(words.KINDS[row.kind].one),
        title=title,
        text="" if row.body.strip() == title else row.body,
        language=row.language,
        when=row.created_at,
        address=row.address or "",
        photos=len(item.photos),
        edit_url=url_for("editing.edit", reference=row.reference) if row.visibility != "withdrawn" else "",
        pictures=picture_views(item.photos),
        standing=standing_words(row.visibility),
        service=label(row.service_name) if row.service_name else "",
        ticket=row.ticket or "",
        reports=[ReportView(str(wording.REASONS[each.reason]), each.words, each.at) for each in item.reports],
        held=held_words(row),
        hints=[
            HintView(str(wording.HINTS[hint.kind]), hint.found, hint.kind in ("plate", "phone", "email", "insult"))
            for hint in item.hints
        ],
        may_publish=row.visibility == "pending",
        may_hide=row.visibility in ("pending", "public"),
        may_restore=row.visibility == "hidden",
        may_keep=row.case_id is not None and row.visibility != "pending",
    )


def journal_lines(lines: Sequence[JournalLine]) -> list[LogLine]:
    """The log as its page shows it."""
    return [
        LogLine(
            when=line.at,
            who=line.account,
            what=str(wording.DECISIONS[line.type]),
            reference=line.reference,
            reason=str(wording.REASONS.get(line.reason, "")),
            words=line.words,
            said=line.said,
        )
        for line in lines
    ]
