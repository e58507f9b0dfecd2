"""What stands on an idea's page: its vote, its best arguments, and the ideas it is united with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template, request, session, url_for
from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy import text

from app.core.db import db
from app.core.i18n import label
from app.features.accounts.access import current_actor
from app.features.contributions.pages import PhotoView, ShowPage
from app.features.contributions.person import person
from app.features.contributions.supporting import may_support, voice_of
from app.features.contributions.urls import photo_url
from app.features.participation import wording
from app.features.participation.pages import BARS, Bar, CommentView, IdeaSection, Invited, Related, VotePart
from app.features.participation.policies import may_comment, may_unite
from app.features.participation.queries.lives import (
    amended_since,
    count_versions,
    following_ideas,
    open_invitation,
    standing_together,
)
from app.features.participation.queries.threads import Said, best_arguments, counts_by_stance, town_answers
from app.features.participation.queries.votes import Ballot, ballot
from app.features.territories.processes import ProcessFacts, process
from app.web.words import public_state

_ROW = text(
    "SELECT id, reference, kind, state, visibility, supports, process_id, territory_id FROM contribution "
    "WHERE reference = :reference"
)


def following(reference: str) -> Sequence[Any]:
    """The ideas that follow what is decided of this ticket."""
    return following_ideas(db.session, reference=reference)


def idea_section(page: ShowPage) -> Markup:
    """The section as a piece of page; empty for what is not (or not yet) shown to everybody."""
    row = db.session.execute(_ROW, {"reference": page.reference}).one()
    if row.visibility != "public":
        return Markup("")
    return Markup(render_template("participation/_idea.html", idea=section(row, own=page.own)))  # noqa: S704


def section(row: Any, *, own: bool = False) -> IdeaSection:
    """The section as data, for the person of this request."""
    who, facts = person(), process(db.session, row.process_id)
    stands = standing_together(db.session, row.id)
    versions = count_versions(db.session, row.id)
    best = best_arguments(db.session, row.id, person=who)
    return IdeaSection(
        reference=row.reference,
        process=label(facts.label),
        vote=vote_part(row, facts, who, united=stands.into is not None),
        counts=counts_by_stance(db.session, row.id),
        best={stance: [comment_view(said, row.reference) for said in found] for stance, found in best.items()},
        answers=[comment_view(said, row.reference) for said in town_answers(db.session, row.id)],
        discussion_url=url_for("participation.discussion", reference=row.reference),
        may_comment=may_comment(facts),
        state=label(facts.state_labels.get(public_state(row.state, in_a_queue=False))),
        united_into=related(stands.into),
        gave_way=stands.gave_way,
        made_of=[one for row_ in stands.made_of if (one := related(row_))],
        group=stands.group,
        grouped_with=[one for row_ in stands.grouped_with if (one := related(row_))],
        invited=_invited(row, who),
        versions=versions,
        versions_url=url_for("participation.versions", reference=row.reference),
        amend_url=f"{request.path}/modifier" if own else "",
        unite_url=_unite_url(row),
    )


def related(row: Any) -> Related | None:
    """Another idea, with its address."""
    if row is None:
        return None
    return Related(row.reference, row.title, url_for("contributions.show", reference=row.reference))


def _invited(row: Any, who: Sequence[bytes]) -> Invited | None:
    parts = open_invitation(db.session, row.id, person=who)
    if not parts:
        return None
    action = url_for("participation.answer_invitation", reference=row.reference)
    return Invited(action, [one for part in parts if (one := related(part))])


def _unite_url(row: Any) -> str:
    # Asked of a session alone: the page of a stranger looks nobody up.
    if "sid" not in session or not may_unite(current_actor(), territory_id=row.territory_id):
        return ""
    return url_for("participation.unite", ideas=row.reference)


def vote_part(row: Any, facts: ProcessFacts, who: Sequence[bytes], *, united: bool) -> VotePart:
    """The vote as this person sees it."""
    value = voice_of(db.session, contribution_id=row.id, person=who)
    counted = ballot(db.session, row, facts)
    open_ = facts.open and not united and may_support(kind="proposal", state=row.state)
    # Who has not spoken yet is not told what the others said, as long as they may speak.
    shown = counted is not None and (value is not None or not open_ or facts.mode == "support")
    return VotePart(
        mode=facts.mode,
        choices=wording.choices(facts.mode),
        value=value,
        own_sign=wording.sign_of(facts.mode, value),
        action=url_for("participation.vote", reference=row.reference),
        api=url_for("participation_api.vote", reference=row.reference),
        may_vote=open_,
        standing=facts.standing,
        opens_at=facts.opens_at,
        closes_at=facts.closes_at,
        hidden=facts.hides,
        after_vote=counted is not None and not shown,
        voters=counted.voters if counted else None,
        sentence=wording.sentence(counted, facts.mode) if counted and shown else "",
        bars=_bars(counted, facts, value) if counted and shown and facts.mode != "support" else (),
        bubble=counted.bubble if counted else None,
        changed=value is not None and open_ and amended_since(db.session, row.id, person=who),
    )


def _bars(counted: Ballot, facts: ProcessFacts, value: int | None) -> list[Bar]:
    choices = wording.choices(facts.mode)
    most = max([1, *(counted.counts[choice.value] for choice in choices)])
    return [
        Bar(
            sign=choice.sign,
            name=choice.name,
            n=counted.counts[choice.value],
            height=round(BARS * counted.counts[choice.value] / most),
            mine=choice.value == value,
        )
        for choice in choices
    ]


def comment_view(said: Said, reference: str, *, deepest: int = 3) -> CommentView:
    """A comment with its addresses; what is withdrawn keeps its place and nothing else."""
    at: dict[str, Any] = {"reference": reference, "comment_id": said.id}
    shown = said.state == "public"
    gone = {
        "removed": gettext("Comment withdrawn by its author"),
        "hidden": gettext("Comment withdrawn by the moderators"),
    }.get(said.state, "")
    return CommentView(
        id=said.id,
        depth=min(said.depth, deepest),
        stance=said.stance,
        text=said.body,
        language=said.language,
        when=said.at,
        town=label(said.service) if said.service else "",
        gone=gone,
        waits=said.state == "pending",
        own=said.own,
        agrees=said.agrees,
        agreed=said.agreed,
        replies=said.replies,
        agree_url=url_for("participation.agree", **at) if shown else "",
        answer_url=url_for("participation.discussion", reference=reference, answer=said.id) + "#write" if shown else "",
        report_url=url_for("moderation_public.report", reference=reference, comment=said.id) if shown else "",
        remove_url=url_for("participation.remove_comment", **at) if said.own and not gone else "",
        photos=[
            PhotoView(
                url_1600=photo_url(photo["key"], 1600),
                url_400=photo_url(photo["key"], 400),
                alt=gettext("Photo %(number)s of %(total)s", number=number, total=len(said.photos)),
                width=photo["width"],
                height=photo["height"],
            )
            for number, photo in enumerate(said.photos, 1)
        ],
    )
