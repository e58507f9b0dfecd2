"""What the observatory's screen shows, as plain data: from figures to sentences, bars and menus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import format_skeleton
from babel.lists import format_list
from babel.numbers import format_percent
from flask_babel import gettext

from app.core.i18n import language
from app.features.planning.concentration import Concentration, ZoneRow
from app.web import formats
from app.web.words import named


def _(message: str, **values: object) -> str:
    return str(gettext(message, **values))


CHART_WIDTH, CHART_HEIGHT = 460, 140


@dataclass(frozen=True)
class Bar:
    """One week of the curve, in the drawing's units; `label` says the whole."""

    x: float
    y: float
    width: float
    height: float
    label: str
    month: str


@dataclass(frozen=True)
class ZoneLine:
    """A zone's line, ready to read; `rank` is its number on the map, or 0; `per_thousand` is empty
    where nobody counts who lives there.
    """

    rank: int
    name: str
    n: str
    per_thousand: str
    median_days: str
    change: str
    rising: bool


def title(kinds: Sequence[str], category: str, since: date | None, today: date) -> str:
    """The question."""
    when = day(since, today) if since else ""
    if category:
        if when:
            return _("Where does “%(what)s” concentrate since %(date)s?", what=category, date=when)
        return _("Where does “%(what)s” concentrate?", what=category)
    one = kinds[0] if len(kinds) == 1 else ""
    if when:
        return {
            "problem": _("Where do problems concentrate since %(date)s?", date=when),
            "praise": _("Where do thank-yous concentrate since %(date)s?", date=when),
            "proposal": _("Where do ideas concentrate since %(date)s?", date=when),
        }.get(one) or _("Where do contributions concentrate since %(date)s?", date=when)
    return {
        "problem": _("Where do problems concentrate?"),
        "praise": _("Where do thank-yous concentrate?"),
        "proposal": _("Where do ideas concentrate?"),
    }.get(one) or _("Where do contributions concentrate?")


def sentences(found: Concentration) -> list[str]:
    """The answer, with its figures."""
    if not found.total:
        return [_("Nothing in this period. Choose a longer one, or another theme.")]
    total = number(found.total)
    leading = found.leading
    said = []
    if found.zone_name is not None:
        said.append(_("%(zone)s: %(total)s contributions.", zone=found.zone_name, total=total))
    elif leading:
        names = format_list([row.name for row in leading], locale=language())
        gathered = sum(row.n for row in leading)
        shares = {"names": names, "n": number(gathered), "total": total, "share": percent(gathered / found.total)}
        if len(leading) == 1:
            said.append(_("%(names)s alone gathers %(n)s of the %(total)s contributions (%(share)s).", **shares))
        else:
            said.append(_("%(names)s gather %(n)s of the %(total)s contributions (%(share)s).", **shares))
    else:
        said.append(_("%(total)s contributions.", total=total))
    if found.before is not None:
        said.append(_trend(found))
    return said


def _trend(found: Concentration) -> str:
    before = number(found.before or 0)
    if not found.before:
        return _("There were none in the same length of time before.")
    change = found.change or 0.0
    if abs(change) < 0.005:
        return _("As many as in the same length of time before (%(before)s).", before=before)
    words = {"percent": percent(abs(change)), "before": before}
    if change < 0:
        return _("%(percent)s fewer than in the same length of time before (%(before)s).", **words)
    return _("%(percent)s more than in the same length of time before (%(before)s).", **words)


def zone_lines(rows: Sequence[ZoneRow], ranked: int, *, town: str = "") -> list[ZoneLine]:
    """Lines of the table; the first `ranked` carry the number that the map shows. The town's own name is left out."""
    lines = []
    for position, row in enumerate(rows):
        change = row.change
        sign = "+" if change is not None and change > 0 else "\N{MINUS SIGN}"
        lines.append(
            ZoneLine(
                rank=position + 1 if position < ranked else 0,
                name=row.name.removeprefix(f"{town} "),
                n=number(row.n),
                per_thousand=number(round(row.per_thousand, 1)) if row.per_thousand is not None else "",
                median_days=_("%(days)s d", days=number(round(row.median_days, 1)))
                if row.median_days is not None
                else "–",
                change="–" if change is None else "0" if abs(change) < 0.005 else f"{sign}{percent(abs(change))}",
                rising=change is not None and change >= 0.005,
            )
        )
    return lines


def bars(weeks: Sequence[tuple[date, int]], today: date) -> tuple[list[Bar], int]:
    """The curve's bars, 140 units high, and the count that the full height stands for."""
    most = max((count for _, count in weeks), default=0)
    if not most:
        return [], 0
    first = weeks[0][0]
    slots = (weeks[-1][0] - first).days // 7 + 1
    step = CHART_WIDTH / slots
    drawn, month = [], 0
    for monday, count in weeks:
        height = count / most * (CHART_HEIGHT - 30)
        new_month = monday.month != month
        month = monday.month
        words = day(monday, today)
        drawn.append(
            Bar(
                x=round((monday - first).days // 7 * step + 30, 1),
                y=round(CHART_HEIGHT - 18 - height, 1),
                width=round(max(step * 0.8, 1), 1),
                height=round(height, 1),
                label=named(words, count),
                month=_month(monday) if new_month and (slots <= 30 or monday.month % 3 == 1) else "",
            )
        )
    return drawn, most


def _month(value: date) -> str:
    return str(format_skeleton("MMM", value, locale=language()))


def day(value: date, today: date) -> str:
    """A date without its weekday, and without this year's number."""
    skeleton = "MMMMd" if value.year == today.year else "yMMMMd"
    return str(format_skeleton(skeleton, value, locale=language()))


def number(value: float) -> str:
    """With the language's separators."""
    return formats.number(value, language=language())


def percent(share: float) -> str:
    """A share without decimals."""
    return str(format_percent(share, format=None if share >= 0.1 else "0.#%", locale=language()))
