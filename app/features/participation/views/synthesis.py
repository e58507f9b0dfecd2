"""What became of the ideas, by zone and by theme; each figure can be downloaded."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext, ngettext

from app.core.access import public
from app.core.db import db
from app.core.i18n import label
from app.features.contributions.pages import Choice
from app.features.contributions.scope import scope_of
from app.features.participation.pages import SynthesisPage, SynthesisRow
from app.features.participation.queries.ideas import PUBLIC_KEYS, IdeaFilters, Summary, summaries
from app.features.participation.views import blueprint
from app.features.territories.catalogue import Town
from app.features.territories.processes import ProcessFacts, process_named, processes_of
from app.features.territories.sites import site_town
from app.web.words import IDEA_STATES


@blueprint.get("/idees/synthese")
@public
def synthesis() -> str:
    """The page."""
    town, known, facts, filters = _asked()
    themes = summaries(db.session, filters, by="theme")
    zones = summaries(db.session, filters, by="zone")
    total = next(iter(summaries(db.session, filters, by="all")), Summary("", 0))
    slug = facts.key if facts else ""
    page = SynthesisPage(
        process=label(facts.label) if facts else gettext("The ideas"),
        processes=[Choice(one.key, label(one.label)) for one in known],
        chosen=slug,
        zones=[_row(one, _zone_name(town, one.key), zone=one.key.partition("/")[2], process=slug) for one in zones],
        themes=[_row(one, _theme_name(town, one.key), category=one.key, process=slug) for one in themes],
        total=_row(total, gettext("All")),
        sentence=_sentence(total),
        states=[(state, str(IDEA_STATES[key])) for state, key in PUBLIC_KEYS.items()],
        csv_url=url_for("participation.synthesis_csv", process=slug or None),
        ideas_url=url_for("participation.index", process=slug or None),
        hidden=total.votes is None and total.ideas > 0,
    )
    return render_template("participation/synthesis.html", page=page)


@blueprint.get("/idees/synthese.csv")
@public
def synthesis_csv() -> Response:
    """The same figures as CSV (UTF-8): `by` is `zone` or `theme`; votes are empty while a process hides its counts."""
    town, _known, _facts, filters = _asked()
    out = io.StringIO()
    writer = csv.writer(out)
    states = [state.replace("-", "_") for state in PUBLIC_KEYS]
    writer.writerow(["by", "key", "name", "ideas", *states, "votes", "score", "comments"])
    for by, name in (("zone", _zone_name), ("theme", _theme_name)):
        for one in summaries(db.session, filters, by="zone" if by == "zone" else "theme"):
            counts = [one.states[state] for state in PUBLIC_KEYS]
            writer.writerow([by, one.key, name(town, one.key), one.ideas, *counts, one.votes, one.score, one.comments])
    response = make_response("\ufeff" + out.getvalue())
    response.mimetype = "text/csv"
    response.headers["Content-Disposition"] = "attachment; filename=ideas.csv"
    return response


def _asked() -> tuple[Town, list[ProcessFacts], ProcessFacts | None, IdeaFilters]:
    town = site_town().town
    territories = scope_of(db.session, town.slug).territory_ids
    known = processes_of(db.session, territories)
    facts = process_named(known, request.args.get("process", ""))
    return town, known, facts, IdeaFilters(territories, process_id=facts.id if facts else None)


def _row(one: Summary, name: str, **asked: str) -> SynthesisRow:
    wanted: dict[str, Any] = {key: value for key, value in asked.items() if value}
    url = url_for("participation.index", **wanted) if asked else ""
    return SynthesisRow(name, one.ideas, one.states, one.votes, one.comments, url)


def _sentence(total: Summary) -> str:
    if not total.ideas:
        return str(gettext("No idea yet."))
    said = ngettext("%(num)d idea", "%(num)d ideas", total.ideas)
    kept = total.states["kept"] + total.states["made"]
    return str(
        gettext(
            "%(ideas)s: the town kept %(kept)s, made %(made)s real, and answered no, with a reason, to %(declined)s.",
            ideas=said,
            kept=kept,
            made=total.states["made"],
            declined=total.states["not-kept"],
        )
    )


def _theme_name(town: Town, slug: str) -> str:
    found = town.categories.get(slug)
    return label(found.label) if found else slug


def _zone_name(town: Town, key: str) -> str:
    names = {f"{kind}/{slug}": name for kind, slug, name in town.zone_keys.values()}
    return names.get(key, key.partition("/")[2])
