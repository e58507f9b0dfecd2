"""Made-up content for the gallery: the same street lamp that the design tells about."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.features.contributions import form_pages, pages
from app.features.territories.backgrounds import Background, Credit, background

TOWN = "Monaco, Beausoleil"
# Where the sample town stands, longitude and latitude; changed to look at another basemap.
_LON, _LAT = (float(v) for v in os.environ.get("GALLERY_PLACE", "7.4246,43.7384").split(","))
CENTER = (_LON, _LAT)
BOUNDS = (_LON - 0.03, _LAT - 0.02, _LON + 0.03, _LAT + 0.02)
BASEMAP = "/basemap.pmtiles"
CREDIT = "© contributeurs OpenStreetMap (ODbL)"
GROUND = Background(
    "pmtiles", BASEMAP, "/basemap/gallery.geojson", credits=(Credit(CREDIT, "https://www.openstreetmap.org/copyright"),)
)
NOW = datetime.now(UTC)


def ground(kind: str, url: str) -> Background:
    """The same town on somebody's map."""
    setting = {
        "kind": kind,
        "url": url,
        "attribution": "© Tuiles d’essai",
        "attribution_url": "https://t.example/",
    }
    return background(setting, outlines=GROUND.outlines, sources="")


def outlines() -> dict[str, Any]:
    """The edge of the sample town."""
    west, south, east, north = BOUNDS
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    edge = {"type": "Polygon", "coordinates": [ring]}
    town = {"type": "Feature", "properties": {"class": "town", "name": "Monaco"}, "geometry": edge}
    return {"type": "FeatureCollection", "features": [town]}


def _item(number: int, kind: str, theme: str, title: str, state: str, **more: Any) -> pages.ListItem:
    photo = more.pop("photo", "")
    return pages.ListItem(
        reference=f"BAY-{number}",
        kind=kind,
        category_label=theme,
        icon="lamp",
        title=title,
        state=state,
        url=f"/c/BAY-{number}",
        photo_url=f"/photo/400/{photo}" if photo else None,
        **more,
    )


ITEMS = [
    _item(
        4901, "problem", "Mobilier", "Banc cassé face au phare", "planned", supports=9, photo="bench", place="Larvotto"
    ),
    _item(
        4817,
        "problem",
        "Éclairage",
        "Lampadaire éteint, quai des Corsaires",
        "active",
        supports=24,
        distance_m=120.0,
        photo="lamp",
    ),
    _item(
        4832,
        "praise",
        "Espaces verts",
        "Merci pour les massifs de la place Paul-Bert",
        "routed",
        supports=31,
        distance_m=340.0,
        photo="flowers",
        when=NOW - timedelta(days=1),
    ),
    _item(
        4768,
        "proposal",
        "École",
        "Un parvis ombragé devant l’école Jules-Ferry",
        "received",
        supports=86,
        photo="school",
        place="La Condamine",
    ),
    _item(
        4805,
        "problem",
        "Voirie",
        "Trou dans la chaussée, rue Maubec",
        "done",
        when=NOW - timedelta(days=1),
        photo="hole",
    ),
    _item(
        4806,
        "problem",
        "Propreté",
        "Matelas et sacs au pied des conteneurs, dépôt qui revient chaque semaine depuis septembre",
        "routed",
        when=NOW - timedelta(days=3),
    ),
    _item(4807, "problem", "Bruit", "Livraisons à cinq heures du matin", "declined", when=NOW - timedelta(days=6)),
    _item(
        4808,
        "problem",
        "Accessibilité",
        "Trottoir trop haut au passage piéton",
        "reopened",
        supports=2,
        when=NOW - timedelta(days=9),
    ),
]


def list_page() -> pages.ListPage:
    return pages.ListPage(items=ITEMS, total=218, where="Petit Bayonne et alentours")


CATEGORIES = [
    form_pages.CategoryChoice(
        "lamp",
        "Lampadaire éteint",
        "lamp",
        "Éclairage",
        (
            form_pages.Question("number", "Numéro écrit sur le mât", hint="Une plaque, à hauteur des yeux."),
            form_pages.Question(
                "when",
                "Quand est-ce éteint ?",
                "choice",
                (pages.Choice("always", "Toute la nuit"), pages.Choice("blink", "Il clignote")),
            ),
            form_pages.Question(
                "where",
                "Qu’est-ce qui reste dans le noir ?",
                "several",
                (
                    pages.Choice("path", "Le trottoir"),
                    pages.Choice("road", "La chaussée"),
                    pages.Choice("stop", "L’arrêt"),
                ),
            ),
            form_pages.Question(
                "danger",
                "Un câble est-il à nu ?",
                "yesno",
                required=True,
                stop=form_pages.Stop(["yes"], "112", "Restez à plus de dix mètres et ne touchez à rien."),
            ),
        ),
    ),
    form_pages.CategoryChoice("lamp-day", "Allumé en plein jour", "sun", "Éclairage"),
    form_pages.CategoryChoice("bin", "Poubelle pleine", "bin", "Propreté"),
    form_pages.CategoryChoice("dump", "Dépôt sauvage", "dump", "Propreté"),
    form_pages.CategoryChoice("graffiti", "Graffiti", "graffiti", "Propreté"),
    form_pages.CategoryChoice("dog", "Déjections", "dog", "Propreté"),
    form_pages.CategoryChoice("hole", "Trou dans la chaussée", "pothole", "Voirie"),
    form_pages.CategoryChoice("sign", "Panneau abîmé", "sign", "Voirie", photo="required"),
    form_pages.CategoryChoice("tree", "Arbre ou branche", "tree", "Espaces verts"),
    form_pages.CategoryChoice(
        "noise", "Bruit", "noise", "Tranquillité", contact_required=True, help="Nous devons pouvoir vous rappeler."
    ),
]


def map_page(page: pages.ListPage) -> pages.MapPage:
    return pages.MapPage(
        territory="monaco",
        town="Monaco",
        list=page,
        counts={"problem": 511, "praise": 204, "proposal": 236},
        categories=[pages.Choice(c.slug, c.label, c.group, c.icon) for c in CATEGORIES],
        center=CENTER,
        bounds=BOUNDS,
        basemap=GROUND,
        zones=[pages.Choice("petit-bayonne", "Petit Bayonne", "Bayonne")],
        zoom=float(os.environ.get("GALLERY_ZOOM", "14.2")),
    )


def kind_page() -> form_pages.KindPage:
    return form_pages.KindPage({k: f"/contribuer/{k}" for k in pages.KIND_ORDER}, urgent_phone="05 59 46 60 60")


def new_page(kind: str, posted: Mapping[str, str] | None) -> form_pages.NewPage:
    errors = {}
    values: dict[str, Any] = dict(posted or {})
    if posted is not None:
        if not posted.get("text", "").strip():
            errors["text"] = "Écrivez au moins une phrase, pour que le service comprenne."
        if not posted.get("lat"):
            errors["place"] = "Placez le repère sur la carte, ou écrivez une adresse."
        if "@" in posted.get("email", "") and "." not in posted["email"].split("@")[-1]:
            errors["email"] = "Il manque la fin de l’adresse, par exemple « .fr ». Le reste est gardé."
    return form_pages.NewPage(
        kind=kind,
        blurs_faces=True,
        action=f"/contribuer/{kind}",
        key="5f0c9a3e-4d7f-4f0b-9f43-1b7f0f7a8d11",
        categories=CATEGORIES,
        often=["hole", "bin", "sign", "lamp", "tree", "dog"],
        town="Monaco",
        center=CENTER,
        bounds=BOUNDS,
        basemap=GROUND,
        values=values,
        errors=errors,
        nearby=[
            form_pages.Nearby(ITEMS[1], "/c/BAY-4817", at=(CENTER[0] + 0.0004, CENTER[1] + 0.0003)),
            form_pages.Nearby(ITEMS[0], "/c/BAY-4901"),
        ]
        if kind == "problem"
        else (),
    )


QR = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path stroke="#14201f" d="M1 1.5h3m1 0h3m-7 1h1m1 '
    '0h1m2 0h2m-7 1h3m1 0h1m1 0h1m-7 2h1m1 0h5m-7 1h2m1 0h1m2 0h1m-6 1h5"/></svg>'
)


def receipt_page(kind: str) -> form_pages.ReceiptPage:
    return form_pages.ReceiptPage(
        reference="BAY-4817",
        kind=kind,
        url="/c/BAY-4817",
        follow_url="https://bayonne.example/suivi/BAY-4817/r6m2kq",
        received_at=NOW,
        category_label="Lampadaire éteint",
        service=form_pages.ServiceContact(
            "Éclairage public",
            "Hôtel de ville, 1 avenue du Maréchal-Leclerc, 64100 Bayonne",
            "eclairage@bayonne.example",
            "05 59 46 60 60",
            "Du lundi au vendredi, 8 h 30 à 17 h",
        ),
        address="12 quai des Corsaires",
        due=date.today() + timedelta(days=6) if kind == "problem" else None,
        qr_svg=QR,
        email="prenom@exemple.fr",
        another_url="/contribuer",
    )


STEPS = [
    pages.Step("L’équipe est intervenue sur place", "now", NOW - timedelta(days=1), "câble abîmé"),
    pages.Step("Réuni avec 3 signalements de voisins", "done", NOW - timedelta(days=2), "à moins de 30 m"),
    pages.Step("Transmis à l’Éclairage public", "done", NOW - timedelta(days=4), "règle 12 : éclairage à Bayonne"),
    pages.Step("Signalé par une personne du quartier", "done", NOW - timedelta(days=4, minutes=1)),
]


def photos(*names: str) -> list[pages.PhotoView]:
    return [pages.PhotoView(f"/photo/1600/{n}", f"/photo/400/{n}", f"Photo {i + 1}") for i, n in enumerate(names)]


def mini(kind: str = "problem") -> pages.MiniMap:
    return pages.MiniMap(CENTER, kind, GROUND, BOUNDS)


def show_page(reference: str, own: bool = False) -> pages.ShowPage:
    item = next((i for i in ITEMS if i.reference == reference), ITEMS[1])
    return pages.ShowPage(
        reference=reference,
        kind=item.kind,
        category_label=item.category_label,
        icon=item.icon,
        title=item.title,
        text="Il clignote depuis lundi devant le n° 12, le trottoir est sombre le soir.\nLes enfants passent par là.",
        state=item.state,
        context="réparation prévue vendredi 27 novembre",
        address="12 quai des Corsaires, Petit Bayonne",
        created_at=NOW - timedelta(days=4),
        answers=[
            pages.AnswerView(
                "Service Éclairage public",
                "« Le câble enterré est abîmé. Une lampe provisoire lundi, le câble vendredi. »",
                NOW - timedelta(days=1),
            )
        ],
        steps=STEPS,
        photos=photos("lamp", "hole", "bench", "dump"),
        close_by=list_page().items[1:3],
        facts=[
            pages.Fact("Service", "Éclairage public"),
            pages.Fact("Quartier", "Petit Bayonne"),
            pages.Fact("Réponse attendue", "vendredi 27 novembre"),
        ],
        supports=24,
        map=mini(item.kind),
        support_url=f"/c/{reference}",
        may_argue=item.kind == "proposal",
        follow_url=f"/c/{reference}",
        own=own,
    )


def hotspots() -> dict[str, Any]:
    ring = [
        [_LON - 0.003, _LAT - 0.002],
        [_LON + 0.003, _LAT - 0.002],
        [_LON + 0.001, _LAT + 0.002],
        [_LON - 0.003, _LAT - 0.002],
    ]
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"n": 34}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        ],
    }
