"""The moderators' pages of the gallery, with contributions that nobody made."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from flask import Blueprint, Flask, render_template, request, url_for

from app.features.moderation import wording
from app.features.moderation.pages import BlockView, Entry, HintView, LogLine, PictureView, ReportView
from app.features.moderation.queries import VIEWS, BlockTown, FormerContent, Verdict
from app.features.moderation.reasons import DECISIONS, REASONS, REPORT_REASONS

NOW = datetime.now(UTC)
TEMPLATES = Path(__file__).parents[2] / "app/features/moderation/templates"
HELD = "Retenu : jean@exemple.fr est sur la liste de blocage (Il inonde la mairie)"
LONG = "La voiture AB-123-CD est garée sur le trottoir tous les matins devant l'école, appelez le 06 12 34 56 78. " * 3


def _pictures() -> list[PictureView]:
    """One that is shown, one that is hidden, one that is not made yet."""
    act = "/moderation/blocage"
    return [
        PictureView(1, "/photo/400/one", False, act, ""),
        PictureView(2, "", True, "", act),
        PictureView(3, "", False, act, ""),
    ]


def _entries() -> list[Entry]:
    common = {
        "language": "fr",
        "when": NOW - timedelta(hours=5),
        "address": "12 rue Pannecau",
        "ticket": "BAY-4817",
        "held": "",
        "edit_url": "/moderation/BAY-4901/modifier",
    }
    waiting = Entry(
        **common | {"held": HELD},
        reference="BAY-4901", kind="problem", kind_label="Problème", title="Une voiture sur le trottoir",
        text=LONG, standing="En attente",
        photos=3, pictures=_pictures(), service="Voirie", reports=[],
        hints=[
            HintView(str(wording.HINTS["plate"]), "AB-123-CD", True),
            HintView(str(wording.HINTS["phone"]), "06 12 34 56 78", True),
            HintView(str(wording.HINTS["link"]), "www.exemple.fr", False),
        ],
        may_publish=True, may_hide=True, may_restore=False, may_keep=False,
    )  # fmt: skip
    reported = Entry(
        **common, reference="BAY-4902", kind="proposal", kind_label="Idée", title="Un banc " + "très" * 20, text="",
        photos=0, pictures=[], standing="Public", service="Espaces verts", hints=[],
        reports=[
            ReportView(str(wording.REASONS["insult"]), "Il parle de ma voisine", NOW - timedelta(hours=2)),
            ReportView(str(wording.REASONS["off_topic"]), "", NOW - timedelta(hours=1)),
        ],
        may_publish=False, may_hide=True, may_restore=False, may_keep=True,
    )  # fmt: skip
    hidden = Entry(
        **common, reference="BAY-4903", kind="praise", kind_label="Merci", title="Merci à M. Dupont", text="",
        photos=1, pictures=[], standing="Masqué", service="", hints=[], reports=[],
        may_publish=False, may_hide=False, may_restore=True, may_keep=False,
    )  # fmt: skip
    return [waiting, reported, hidden]


def pages(slice_: Blueprint) -> None:
    """The four pages; `?empty`, `?refused` show their other states."""

    @slice_.get("/moderation")
    def queue() -> str:
        refused = "refused" in request.args
        return render_template(
            "moderation/queue.html",
            entries=[] if "empty" in request.args else _entries(),
            counts=dict.fromkeys(VIEWS, 3),
            view="all",
            kind="",
            views=[(code, wording.VIEWS[code]) for code in VIEWS],
            reasons=[(code, wording.REASONS[code]) for code in REASONS],
            refused="BAY-4901" if refused else "",
            errors={"words": "Dites pourquoi en quelques mots."} if refused else {},
            typed={"reason": "other"} if refused else {},
            one="",
            journal_url=url_for("moderation.journal"),
            address=lambda **change: url_for("moderation.queue", **change),
        )

    @slice_.post("/moderation/<reference>/<act>")
    def decide(reference: str, act: str) -> str:
        return f"{reference} {act}"

    @slice_.get("/moderation/journal")
    def journal() -> str:
        why, said = str(wording.REASONS["insult"]), "Un banc\nIl manque une latte"
        lines = [
            LogLine(NOW, "Maite", str(wording.DECISIONS[code]), "BAY-4901", why, "Les mots blessent " * 5, said)
            for code in DECISIONS
        ]
        return render_template(
            "moderation/journal.html",
            lines=lines,
            decision="",
            decisions=[(code, wording.DECISIONS[code]) for code in DECISIONS],
            older=url_for("moderation.journal", avant=1),
            first_page=True,
        )

    @slice_.get("/moderation-report")
    def report() -> str:
        return render_template(
            "moderation/report.html",
            reference="BAY-4817",
            title="Lampadaire éteint",
            reasons=[(code, wording.REASONS[code]) for code in REPORT_REASONS],
            typed={},
            errors={"reason": "Choisissez une raison."},
        )

    @slice_.get("/moderation-decision")
    def decision() -> str:
        return render_template(
            "moderation/decision.html",
            reference="BAY-4817",
            verdict=Verdict(1, 1, "insult", "Ces mots blessent.", NOW, False, request.args.get("type", "hidden")),
            comment="comment" in request.args,
            why=wording.TOLD["insult"],
            typed={},
            errors={},
        )


def register(app: Flask) -> None:
    """The block list: two that are on it, one that was; `?empty`, `?refused`."""
    slice_ = Blueprint("blocking", "gallery_blocking", template_folder=str(TEMPLATES))

    @slice_.route("/moderation/blocage", methods=["GET", "POST"])
    def listed() -> str:
        empty, refused = "empty" in request.args, "refused" in request.args
        one = BlockView(
            kind=str(wording.BLOCK_KINDS["domain"]), value="publicite.exemple", reason="Cinquante annonces en une nuit",
            who="Maite", when=NOW - timedelta(days=3), until=NOW + timedelta(days=30), ended=None, ended_by="",
            waiting=4, remove_url="/moderation/blocage",
        )  # fmt: skip
        long = "un.nom.vraiment.tres.long.qui.ne.tient.sur.aucune.ligne@publicite.exemple"
        return render_template(
            "moderation/blocking.html",
            current=[] if empty else [one, replace(one, value=long, until=None, waiting=0)],
            former=[] if empty else [replace(one, value="+33612345678", ended=NOW, ended_by="Peio", remove_url="")],
            town=BlockTown(1, "bayonne", "Bayonne"),
            towns=[("bayonne", "Bayonne"), ("anglet", "Anglet")],
            kinds=list(wording.BLOCK_KINDS.items()),
            queue_url="" if "reader" in request.args else "/moderation",
            may_write="reader" not in request.args,
            typed={"kind": "email", "value": "jean"} if refused else {},
            errors={"value": "Cette adresse e-mail n’est pas complète."} if refused else {},
            journal_url=url_for("moderation.journal"),
        )

    app.register_blueprint(slice_)
    edits = Blueprint("editing", "gallery_editing", template_folder=str(TEMPLATES))

    @edits.route("/moderation/<reference>/modifier", methods=["GET", "POST"])
    def save(reference: str) -> str:
        refused = "refused" in request.args
        row = SimpleNamespace(
            reference=reference, kind="problem", title="Une voiture sur le trottoir", body=LONG, language="fr",
            address="12 rue Pannecau", lat=43.4917, lon=-1.4731,
        )  # fmt: skip
        former = [
            FormerContent(2, None, LONG, "Rue Pannecau", -1.47, 43.49, [], "Le lieu était faux", "Maite", NOW),
            FormerContent(1, row.title, LONG, None, -1.47, 43.49, [], "Une plaque s’y lisait", "Peio", NOW),
        ]
        return render_template(
            "moderation/edit.html",
            row=row,
            photos=[] if "empty" in request.args else _pictures(),
            versions=[] if "empty" in request.args else former,
            typed={"text": LONG, "lat": "ici", "reason": ""} if refused else {},
            errors={"lat": "Écrivez un nombre de degrés.", "reason-1": "Dites pourquoi."} if refused else {},
            title_max=140,
            text_max=4000,
            journal_url=url_for("moderation.journal"),
        )

    covers = Blueprint("covering", "gallery_covering", template_folder=str(TEMPLATES))

    @covers.route("/moderation/photos/<int:photo_id>/couvrir", methods=["GET", "POST"])
    def cover(photo_id: int) -> str:
        refused = "refused" in request.args
        return render_template(
            "moderation/cover.html",
            reference="BAY-4901",
            number=photo_id,
            picture="" if refused else _pictures()[0].url,
            parts="40 55 12 6",
            faces_left=False,
            blurs=True,
            typed={"parts": "40 55", "reason": ""} if refused else {},
            errors={"parts": "Ligne 1 : écrivez quatre nombres.", "reason": "Dites pourquoi."} if refused else {},
            back_url=url_for("moderation.queue"),
            journal_url="",
        )

    app.register_blueprint(covers)
    edits.add_url_rule("/moderation/<reference>/modifier", "edit", save)
    edits.add_url_rule("/moderation/<reference>/versions/<int:number>", "take_back", save, methods=["POST"])
    app.register_blueprint(edits)
