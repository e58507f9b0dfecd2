"""The pages of ideas in the gallery, with votes and words that nobody gave."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, render_template, request
from markupsafe import Markup

from app.features.contributions.form_pages import Nearby
from app.features.contributions.pages import Choice, ListItem, PhotoView, ShowPage
from app.features.moderation.pages import PictureView
from app.features.participation import pages, wording
from app.features.participation.queries.ideas import ORDERS, PUBLIC_KEYS
from app.features.participation.views.ideas import ORDER_WORDS
from app.web.words import IDEA_STATES
from tests.support import gallery_samples as samples

NOW = datetime.now(UTC)
ROOT = Path(__file__).resolve().parents[2]
COUNTS: dict[str, dict[int, int]] = {
    "scale": {-2: 6, -1: 4, 0: 11, 1: 24, 2: 41},
    "for_against": {1: 65, -1: 21},
    "support": {1: 86},
}
OTHERS = [
    pages.Related("BAY-12", "Un banc à l’ombre, place du Marché", "/c/BAY-12"),
    pages.Related("BAY-34", "Des arbres devant l’école", "/c/BAY-34"),
]


def _vote(mode: str, **facts: Any) -> pages.VotePart:
    value = facts.pop("value", 1)
    counts, most = COUNTS[mode], max(COUNTS[mode].values())
    shown = not facts.get("hidden") and (value is not None or facts.get("standing") == "closed")
    return pages.VotePart(
        mode=mode,
        choices=wording.choices(mode),
        value=value,
        own_sign=wording.sign_of(mode, value),
        action="/avis",
        api="/avis",
        may_vote=facts.pop("may_vote", True),
        standing=facts.pop("standing", "open"),
        closes_at=NOW + timedelta(days=23),
        voters=None if facts.get("hidden") else 86,
        sentence="65 avis sur 86 sont favorables." if shown else "",
        after_vote=not shown and not facts.get("hidden"),
        bars=[
            pages.Bar(c.sign, c.name, counts[c.value], round(pages.BARS * counts[c.value] / most), c.value == value)
            for c in wording.choices(mode)
        ]
        if shown and mode != "support"
        else (),
        **facts,
    )


def _said(number: int, text: str, **facts: Any) -> pages.CommentView:
    shown = not facts.get("gone")
    return pages.CommentView(
        id=number,
        depth=facts.pop("depth", 0),
        stance=facts.pop("stance", "neutral"),
        text=text,
        language="fr",
        when=NOW - timedelta(hours=30 - number),
        agree_url="/accord" if shown else "",
        answer_url="#write" if shown else "",
        report_url="/moderation-report" if shown else "",
        **facts,
    )


BEST = {
    "for": [
        _said(1, "La cour atteint 41 °C en juin, les arbres font baisser de 4 °C.", stance="for", agrees=38,
              agreed=True, replies=2),
        _said(2, "Les parents pourraient enfin s’asseoir.", stance="for", agrees=17),
    ],
    "against": [
        _said(3, "On perdrait quatre places de dépose-minute.", stance="against", agrees=14),
        _said(4, "Les racines abîment l’enrobé, voir rue Maubec.", stance="against", agrees=6),
    ],
}  # fmt: skip
THREAD = [
    BEST["for"][0],
    _said(5, "Et l’hiver, quand les feuilles tombent ?", depth=1, agrees=2),
    _said(
        6,
        "Le balayage passe chaque matin de novembre.",
        depth=2,
        town="Espaces verts",
        agrees=9,
        photos=[
            PhotoView("/photo/1600/one", "/photo/400/one", "Photo 1 sur 2", 1600, 1200),
            PhotoView("/photo/1600/two", "/photo/400/two", "Photo 2 sur 2", 1600, 1200),
        ],
    ),
    _said(7, "", depth=3, gone="Commentaire retiré par son auteur·rice"),
    BEST["against"][0],
    _said(8, "Une question : " + "qui arroserait " * 12 + "?", own=True, waits=True, remove_url="/retirer"),
]


def _section() -> pages.IdeaSection:
    mode = request.args.get("vote", "scale")
    state = request.args.get("etat", "")
    votes = {
        "": _vote(mode, changed="changed" in request.args),
        "masque": _vote(mode, hidden=True),
        "neuf": _vote(mode, value=None),
        "clos": _vote(mode, standing="closed", may_vote=False),
        "uni": _vote(mode, may_vote=False),
    }
    empty = "vide" in request.args
    return pages.IdeaSection(
        reference="BAY-4768",
        process="Plus d’ombre",
        vote=votes[state],
        counts=dict.fromkeys(("for", "against", "neutral"), 0) if empty else {"for": 12, "against": 5, "neutral": 3},
        best={"for": [], "against": []} if empty else BEST,
        answers=[] if empty else [THREAD[2]],
        discussion_url="/c/BAY-4768/commentaires",
        may_comment=True,
        united_into=OTHERS[0] if state == "uni" else None,
        made_of=OTHERS if state == "masque" else (),
        group="Trois parcs" if state == "clos" else "",
        grouped_with=OTHERS if state == "clos" else (),
        invited=pages.Invited("/invitation", OTHERS) if state == "masque" else None,
        versions=2 if "changed" in request.args else 0,
        versions_url="/c/BAY-4768/versions",
        amend_url="/modifier" if "suivi" in request.args else "",
        unite_url="/bureau/idees/reunir" if state == "clos" else "",
    )


def _near() -> list[Nearby]:
    return [Nearby(replace(one, distance_m=30.0), "/soutenir") for one in samples.ITEMS if one.kind == "proposal"][:2]


def _row(name: str, ideas: int, voters: int | None) -> pages.SynthesisRow:
    states = dict.fromkeys(PUBLIC_KEYS, ideas // 5)
    return pages.SynthesisRow(name, ideas, states, voters, ideas * 3, "/idees")


def add(app: Flask) -> None:
    """Register the pages; `?vote`, `?etat`, `?vide`, `?changed` show their other states."""

    def section(page: ShowPage) -> Markup:
        return Markup(render_template("participation/_idea.html", idea=_section()))

    app.jinja_env.globals["idea_section"] = section
    app.jinja_env.globals["similar_ideas"] = lambda values, error="": Markup(
        render_template(
            "participation/_similar_part.html",
            similar=_near(),
            error=error,
            url="/idees/proches",
        )
    )
    folder = ROOT / "app/features/participation/templates"
    slice_ = Blueprint("participation", "gallery_participation", template_folder=str(folder))

    @slice_.route("/c/<reference>/commentaires", methods=["GET", "POST"])
    def discussion(reference: str) -> str:
        wrong = "refused" in request.args
        page = pages.DiscussionPage(
            reference=reference,
            blurs_faces=True,
            title="Un parvis ombragé devant l’école Jules-Ferry",
            url=f"/c/{reference}",
            comments=[] if "vide" in request.args else THREAD,
            counts={"for": 12, "against": 5, "neutral": 3},
            action="",
            may_comment="clos" not in request.args,
            may_answer_for_town=wrong,
            answering=THREAD[0] if wrong else None,
            values={"text": "x" * 2100, "stance": "for"} if wrong else {},
            errors={"text": "2100 caractères, c’est trop : 2000 au plus."} if wrong else {},
            sending="once",
            following="?after=8",
        )
        return render_template("participation/discussion.html", page=page)

    @slice_.get("/idees")
    def index() -> str:
        items: list[ListItem] = [one for one in samples.ITEMS if one.kind == "proposal"] * 5
        page = pages.IdeasPage(
            items=[] if "vide" in request.args else items,
            total=0 if "vide" in request.args else 61,
            process="Plus d’ombre",
            lead="Où planter, où s’asseoir, où boire : la ville garde trois idées par quartier.",
            processes=[Choice("shade", "Plus d’ombre"), Choice("ideas", "Boîte à idées")],
            categories=[Choice("trees", "Arbres"), Choice("benches", "Bancs")],
            zones=[Choice("petit-bayonne", "Petit Bayonne")],
            states=[Choice(state, str(IDEA_STATES[key])) for state, key in PUBLIC_KEYS.items()],
            orders=[Choice(order, str(ORDER_WORDS[order])) for order in ORDERS],
            chosen={"process": "shade", "category": "", "zone": "", "state": "", "order": ""},
            hidden="masque" in request.args,
            closes_at=NOW + timedelta(days=23),
            following="/idees?cursor=x",
            first="/idees",
            synthesis_url="/idees/synthese",
            propose_url="/contribuer/proposal",
            follow_url="/suivre?process=shade",
            groups={items[0].reference: "La place à l’ombre"},
        )
        return render_template("participation/ideas.html", page=page)

    @slice_.get("/idees/proches")
    def similar() -> str:
        near = _near()
        return render_template("participation/_similar.html", similar=near if request.args.get("title") else [])

    @slice_.get("/idees/synthese")
    def synthesis() -> str:
        hidden = "masque" in request.args
        page = pages.SynthesisPage(
            process="Plus d’ombre",
            processes=[Choice("shade", "Plus d’ombre"), Choice("ideas", "Boîte à idées")],
            chosen="shade",
            zones=[_row(name, 30, 400) for name in ("Petit Bayonne", "Saint-Esprit", "Les Arènes", "Le Polo")],
            themes=[_row("Arbres et plantations", 40, None if hidden else 610), _row("Bancs", 21, 110)],
            total=_row("Tout", 61, 720),
            sentence="61 idées : la ville en a retenu 12, dont 5 déjà réalisées, et a dit non à 9, avec la raison.",
            states=[(state, str(IDEA_STATES[key])) for state, key in PUBLIC_KEYS.items()],
            csv_url="/idees/synthese.csv",
            ideas_url="/idees",
            hidden=hidden,
        )
        return render_template("participation/synthesis.html", page=page)

    @slice_.get("/c/<reference>/versions")
    def versions(reference: str) -> str:
        page = pages.VersionsPage(
            reference,
            "Un parvis ombragé",
            f"/c/{reference}",
            [
                pages.VersionView(2, "Six arbres et deux bancs", "Planter six arbres et poser deux bancs."),
                pages.VersionView(1, "Des arbres", "Planter des arbres.", NOW, "Les voisins veulent aussi s’asseoir."),
            ],
        )
        return render_template("participation/versions.html", page=page)

    @slice_.get("/idee-modifier")
    def amend() -> str:
        page = pages.AmendPage(
            "BAY-4768", "/c/BAY-4768", "", "",
            {"title": "Un parvis ombragé", "text": "Planter six arbres.", "into": "BAY"},
            {"into": "Aucune idée publique ne porte ce numéro."}, may_amend="clos" not in request.args,
        )  # fmt: skip
        return render_template("participation/amend.html", page=page)

    @slice_.get("/idee-muet")
    def mute() -> str:
        return render_template("participation/mute.html", page=pages.MutePage("BAY-4768", "", "fait" in request.args))

    @slice_.get("/moderation/commentaires")
    def comments_queue() -> str:
        said = pages.ModeratedComment(
            1, "La voiture AB-123-CD y est toujours. " * 4, "fr", NOW, "BAY-4768", "Un parvis ombragé", "/c/BAY-4768",
            ["Insulte : il parle de ma voisine", "Hors sujet"], "/publier", "/masquer", "", "/laisser",
            [
                PictureView(1, "/photo/400/one", False, "/cacher", ""), PictureView(2, "", True, "", "/montrer"),
                PictureView(3, "/photo/400/one", True, "", "/montrer"),
            ],
        )  # fmt: skip
        shown = [] if "vide" in request.args else [said]
        reasons = [("insult", "Insulte"), ("other", "Autre")]
        return render_template("participation/moderation.html", comments=shown, hidden=False, reasons=reasons)

    @slice_.get("/bureau/idees/reunir")
    def unite() -> str:
        line = pages.UnionLine(
            3, "Réunies", "", OTHERS, pages.Related("BAY-50", "Des bancs à l’ombre", "/c/BAY-50"), "Ana", NOW,
            "Elles disent la même chose.", undo_url="/defaire", invited=7, answered=3,
        )  # fmt: skip
        undone = pages.UnionLine(
            2, "Groupées", "Trois parcs", OTHERS, None, "Ana", NOW, "Un budget.", NOW, "Ana", "Trop différentes."
        )
        page = pages.UnitePage(
            "", {"ideas": "BAY-12, BAY-34", "how": "merge"}, {"why": "Dites pourquoi."}, OTHERS, [line, undone]
        )
        return render_template("participation/unite.html", page=page)

    app.register_blueprint(slice_)
