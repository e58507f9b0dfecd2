"""The pages of residents in the gallery: their space, entering it, following."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request
from werkzeug.wrappers import Response

from app.features.contributions import pages as said
from app.features.contributions.following import RADII_M
from app.features.residents import pages
from app.features.residents.views.own_data import ExportLine
from tests.support.gallery_samples import ITEMS, NOW

ROOT = Path(__file__).resolve().parents[2]
EMAIL = "maite.etcheverry@resident.example"
ACTS = ("ask", "leave", "claim", "settings", "read_all", "ask_export", "erase", "keep_device", "challenge_key",
        "use_key", "new_key", "keep_key", "forget_keys")  # fmt: skip

NEWS = [
    pages.NewsLine("Lampadaire éteint, quai des Corsaires", "BAY-4817", "problem", "Le service a prévu d’intervenir.",
                   "/c/BAY-4817", NOW - timedelta(hours=2),
                   note="Éclairage public : Le câble enterré est abîmé. Nous posons une lampe provisoire lundi."),
    pages.NewsLine("Un banc au soleil sur la place", "BAY-4912", "proposal", "Voici du nouveau : Mobilier.",
                   "/c/BAY-4912", NOW - timedelta(days=1)),
    pages.NewsLine("Merci pour les fleurs du rond-point", "BAY-4720", "praise", "Le service a répondu.",
                   "/c/BAY-4720", NOW - timedelta(days=4), read=True),
]  # fmt: skip
FOLLOWS = [
    pages.FollowLine("Lampadaire éteint, quai des Corsaires", f"Tout de suite · {EMAIL}", "/suivi/following"),
    pages.FollowLine("300 m autour d’un lieu (43.7384, 7.4246)", f"Une fois par jour · {EMAIL}", "/suivi/area"),
]


def register(app: Flask) -> None:
    """The slice of residents, with made-up content."""
    slice_ = Blueprint("residents", "gallery_residents", template_folder=str(ROOT / "app/features/residents/templates"))

    @slice_.get("/moi")
    def space() -> str:
        return render_template("residents/space.html", page=_space())

    @slice_.get("/moi/entrer")
    def enter() -> str:
        error = "Il manque la fin de l’adresse, par exemple « .fr »." if "error" in request.args else ""
        email = request.args.get("email", "")
        return render_template("residents/enter.html", email=email, error=error, sent="sent" in request.args)

    @slice_.get("/moi/entrer/<token>")
    def link(token: str) -> str:
        spent = "Ce lien a servi. Demandez-en un nouveau." if token == "spent" else ""
        return render_template("residents/link.html", email=EMAIL, spent=spent, action="/moi/entrer/x")

    @slice_.get("/moi/donnees")
    def own_data() -> str:
        exports = [] if "empty" in request.args else [ExportLine(NOW, ""), ExportLine(NOW, "/moi/donnees/1.zip")]
        return render_template("residents/own_data.html", exports=exports)

    @slice_.get("/moi/effacer")
    def about_to_erase() -> str:
        return render_template(
            "residents/erase.html", page=pages.Erasure(3, 12, 2, 41, 1), unsure="unsure" in request.args
        )

    for act in ACTS:
        slice_.add_url_rule(f"/moi/acte/{act}", act, _nothing, methods=["POST"])
    app.register_blueprint(slice_)


def follow_pages(slice_: Blueprint) -> None:
    """The pages of following, which belong to the contributions."""

    @slice_.get("/c/<reference>/suivre")
    def ask_follow(reference: str) -> str:
        bad = "error" in request.args
        page = said.FollowPage(
            reference=reference, kind="problem", title="Lampadaire éteint, quai des Corsaires", url=f"/c/{reference}",
            action="/suivre", feed_url=f"/c/{reference}/flux.atom", email="maite@exemple" if bad else "",
            errors={"email": "Il manque la fin de l’adresse, par exemple « .fr »."} if bad else {},
            sent="sent" in request.args, supported="supported" in request.args, supports=25,
            signed_in=EMAIL if "signed" in request.args else "", here="signed" in request.args,
        )  # fmt: skip
        return render_template("contributions/follow.html", page=page)

    @slice_.get("/suivi/<state>")
    def following(state: str) -> str:
        area = state == "area"
        page = said.SubscriptionPage(
            reference="" if area else "BAY-4817", email=EMAIL,
            state="following" if area else state,  # type: ignore[arg-type]
            confirm_url="/suivre", stop_url="/suivre", how_url="/suivre",
            title="300 m autour d’un lieu" if area else "Lampadaire éteint, quai des Corsaires",
            url="/liste" if area else "/c/BAY-4817", frequency="day", quiet_from=22, quiet_to=7,
        )  # fmt: skip
        return render_template("contributions/following.html", page=page)

    @slice_.get("/suivre")
    def follow_area() -> str:
        errors = {"zone": "Choisissez un quartier."} if "error" in request.args else {}
        page = said.AreaPage(
            categories=[said.Choice("lamp", "Lampadaire", "Éclairage"), said.Choice("bench", "Banc", "Mobilier")],
            zones=[said.Choice("larvotto", "Larvotto"), said.Choice("condamine", "La Condamine")],
            processes=[said.Choice("shade", "Plus d’ombre")],
            radii=RADII_M, values={"what": "zone" if errors else "place"}, errors=errors, sent="sent" in request.args,
        )  # fmt: skip
        radii = [(metres, f"{metres} m") for metres in RADII_M]
        return render_template(
            "contributions/follow_area.html", page=page, radii=lambda _: radii,
            options=lambda choices: [("", "—"), *((one.value, one.label) for one in choices)],
        )  # fmt: skip

    slice_.add_url_rule("/suivre", "send_follow_area", _nothing, methods=["POST"])


def own_acts(**more: Any) -> said.OwnActs:
    """What the author may do."""
    text = "Il clignote depuis lundi, et il fait noir devant l’école."
    return said.OwnActs("/a", "/b", "/c", "/d", title="", text=text, **more)


def _nothing() -> Response:
    return redirect("/moi")


def _space() -> pages.SpacePage:
    if "empty" in request.args:
        return pages.SpacePage((), (), (), ())
    own = [pages.OwnItem(ITEMS[0]), pages.OwnItem(ITEMS[1], "Une personne de la modération la lit avant les autres.")]
    signed = "browser" not in request.args
    return pages.SpacePage(
        own, ITEMS[2:4], FOLLOWS, NEWS, unread=2, email=EMAIL if signed else "",
        left_in_browser=3 if "claim" in request.args else 0, quiet_from=22, quiet_to=7, push_key="BHqk", passkeys=1,
        link_error="Aucune contribution ne s’ouvre avec ce lien." if "claim" in request.args else "",
    )  # fmt: skip
