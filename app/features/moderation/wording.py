"""Moderation in words a person would say."""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext as _

REASONS: Final[dict[str, str]] = {
    "personal_data": _("It shows or names somebody"),
    "insult": _("It insults"),
    "off_topic": _("It is not about the town"),
    "dangerous": _("It is dangerous or against the law"),
    "advertising": _("It advertises"),
    "other": _("Another reason"),
    "author_answer": _("Its author answers"),
}
TOLD: Final[dict[str, str]] = {
    "personal_data": _("it shows or names somebody, or says how to find them"),
    "insult": _("its words may hurt somebody"),
    "off_topic": _("it is not about what this map is for"),
    "dangerous": _("what it says may put somebody in danger, or is against the law"),
    "advertising": _("it advertises something"),
    "other": _("a moderator explains why below"),
}
"""The same, to the author: "We no longer show it because …"."""
DECISIONS: Final[dict[str, str]] = {
    "hidden": _("Hidden"),
    "restored": _("Shown again"),
    "published": _("Published"),
    "kept": _("Left as it is"),
    "edited": _("Edited"),
    "photo_hidden": _("Photo hidden"),
    "photo_restored": _("Photo shown again"),
}
HINTS: Final[dict[str, str]] = {
    "plate": _("Number plate?"),
    "phone": _("Telephone number?"),
    "email": _("E-mail address?"),
    "link": _("Link"),
    "name": _("Somebody’s name?"),
    "repeated": _("Same text within 24 h, times:"),
    "burst": _("Same author within an hour, times:"),
    "insult": _("Rude word?"),
}
VIEWS: Final[dict[str, str]] = {
    "all": _("To decide"),
    "waiting": _("Waiting"),
    "reported": _("Reported"),
    "hidden": _("Hidden"),
}
BLOCK_KINDS: Final[dict[str, str]] = {
    "email": _("E-mail address"),
    "domain": _("E-mail domain"),
    "phone": _("Telephone number"),
}
