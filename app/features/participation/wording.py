"""The words of votes and arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from app.features.participation.pages import VoteChoice
from app.features.participation.queries.votes import Ballot
from app.features.territories.processes import VALUES

SIGNS: Final[Mapping[int, str]] = {-2: "−2", -1: "−1", 0: "0", 1: "+1", 2: "+2"}
SCALE: Final[Mapping[int, str]] = {
    -2: _("Entirely against"),
    -1: _("Rather against"),
    0: _("Neither for nor against"),
    1: _("Rather for"),
    2: _("Entirely for"),
}
SIDES: Final[Mapping[int, str]] = {1: _("For"), -1: _("Against")}
STANCES: Final[Mapping[str, str]] = {"for": _("For"), "against": _("Against"), "neutral": _("Remark")}
MODES: Final[Mapping[str, str]] = {
    "support": _("Support"),
    "for_against": _("For or against"),
    "scale": _("From −2 to +2"),
}
UNIONS: Final[Mapping[str, str]] = {
    "merge": _("Merged"),
    "group": _("Grouped"),
    "yield": _("Gave way, by its author"),
}


def choices(mode: str) -> list[VoteChoice]:
    """What one may answer, in the order of reading: from against to for on the scale, for before against else."""
    if mode == "scale":
        return [VoteChoice(value, SIGNS[value], str(SCALE[value])) for value in VALUES["scale"]]
    if mode == "for_against":
        return [VoteChoice(value, str(SIDES[value]), str(SIDES[value])) for value in (1, -1)]
    return [VoteChoice(1, gettext("Support"), gettext("Support"))]


def sign_of(mode: str, value: int | None) -> str:
    """One's own answer as it is written on its square."""
    return next((choice.sign for choice in choices(mode) if choice.value == value), "")


def sentence(ballot: Ballot, mode: str) -> str:
    """What the votes say, in one sentence with its figures."""
    n = ballot.voters
    if not n:
        return str(gettext("Nobody has spoken yet."))
    if mode == "support":
        return str(ngettext("%(num)d person supports it.", "%(num)d people support it.", ballot.favourable))
    return str(gettext("%(part)s of %(all)s are in favour.", part=ballot.favourable, all=n))
