"""Every page with sample data, for looking at and for testing in a browser. Not part of the product.

    python -m tests.support.gallery [--port 8840] [--basemap FILE.pmtiles] [--photos FOLDER]

Pages come from the same templates, under the same headers as in production; only what they show is made up.
"""

from __future__ import annotations

import argparse
import io
import random
from dataclasses import replace
from pathlib import Path

import mapbox_vector_tile
from flask import Blueprint, Flask, Response, abort, g, jsonify, render_template, request, send_file
from flask_wtf.csrf import CSRFProtect
from PIL import Image, ImageDraw
from pydantic import SecretStr

from app import create_app, web
from app.apidoc.document import api_document
from app.apidoc.reading import chapters
from app.core import security
from app.core.i18n import babel, select_language
from app.features.contributions import pages
from app.features.contributions.words import reference_in
from app.features.territories.legal import LegalPage
from app.features.territories.packs.schema import Retention
from app.settings import Settings, StorageSettings, WebSettings
from app.translations.compile import ensure
from tests.support import gallery_desk as desk
from tests.support import gallery_ideas as ideas
from tests.support import gallery_moderation as moderation
from tests.support import gallery_people as people
from tests.support import gallery_samples as samples
from tests.support.gallery_tiles import Town

ROOT = Path(__file__).resolve().parents[2]
DEMO_BASEMAP = ROOT / "geodata/demo/basemap.pmtiles"


def picture(name: str, size: int) -> bytes:
    """A flat drawn street, different for each name: no photo of anybody is needed to test a page."""
    dice = random.Random(name)
    image = Image.new("RGB", (size, size * 3 // 4), (dice.randrange(120, 200), dice.randrange(150, 210), 220))
    pen = ImageDraw.Draw(image)
    for i in range(6):
        x, top = i * size // 6, dice.randrange(size // 8, size // 3)
        pen.rectangle((x, top, x + size // 6 - 3, size // 2), fill=(230, 222, 206))
        for j in range(3):
            pen.rectangle((x + 8, top + 10 + j * 24, x + 20, top + 24 + j * 24), fill=(140, 50, 45))
    pen.rectangle((0, size // 2, size, size), fill=(120, 118, 112))
    out = io.BytesIO()
    image.save(out, "WEBP", quality=70)
    return out.getvalue()


def create(tmp: Path, basemap: Path | None = None, photos: Path | None = None) -> Flask:
    """The gallery as a Flask application; `tmp` receives the compiled catalogues."""
    app = Flask("gallery", static_folder=None)
    app.config.update(
        SECRET_KEY="gallery", TESTING=True, BABEL_TRANSLATION_DIRECTORIES=str(ensure(tmp)), BABEL_DEFAULT_LOCALE="fr"
    )
    babel.init_app(app, locale_selector=select_language)
    CSRFProtect(app)
    app.jinja_env.globals["csp_nonce"] = security.csp_nonce
    app.jinja_env.globals["unread_news"] = lambda: 12 if request.path == "/moi" else 0
    app.after_request(security._harden)
    app.config["SESSION_COOKIE_SECURE"] = False
    app.extensions["auzolan.site"] = lambda: web.Site(place=samples.TOWN)
    web.init_app(app)
    for slice_name in ("contributions", "tickets", "accounts", "moderation"):
        folder = ROOT / f"app/features/{slice_name}/templates"
        app.register_blueprint(_pages(slice_name, folder))
    ideas.add(app)
    people.register(app)
    moderation.register(app)
    _reports(app)
    _legal(app)
    _apidoc(app, tmp)
    _files(app, basemap or (DEMO_BASEMAP if DEMO_BASEMAP.exists() else None), photos)
    return app


def _pages(name: str, templates: Path) -> Blueprint:
    slice_ = Blueprint(name, f"gallery_{name}", template_folder=str(templates))
    {"contributions": _contributions, "tickets": _tickets, "accounts": _accounts, "moderation": moderation.pages}[name](
        slice_
    )
    return slice_


def _reports(app: Flask) -> None:
    """Where a report is sent."""
    slice_ = Blueprint("moderation_public", __name__)
    slice_.add_url_rule("/c/<reference>/abus", "report", lambda reference: reference)
    slice_.add_url_rule("/c/<reference>/abus", "send_report", lambda reference: reference, methods=["POST"])
    app.register_blueprint(slice_)


def _legal(app: Flask) -> None:
    """What the law asks, for a town that has said little."""
    slice_ = Blueprint(
        "legal", "gallery_legal", template_folder=str(ROOT / "app/features/territories/templates"), url_prefix="/legal"
    )
    page = LegalPage(
        "Mairie de Bayonne", "1 avenue du Maréchal-Leclerc, 64100 Bayonne", "mairie@bayonne.example", "05 59 00 00 00",
        samples.GROUND, "", "", "", Retention(text="clear", photos="delete"),
    )  # fmt: skip

    @slice_.get("/notice")
    def notice() -> str:
        return render_template("territories/notice.html", page=page)

    @slice_.get("/privacy")
    def privacy() -> str:
        town = page
        if tiles := request.args.get("tiles"):
            town = replace(page, basemap=samples.ground("raster", tiles))
        return render_template("territories/privacy.html", page=town)

    @slice_.get("/accessibility")
    def accessibility() -> str:
        return render_template("territories/accessibility.html", page=page)

    app.register_blueprint(slice_)


def _apidoc(app: Flask, tmp: Path) -> None:
    """The page of the API, with the document of the real application."""
    settings = Settings(web=WebSettings(secret_key=SecretStr("gallery")), storage=StorageSettings(data=tmp / "data"))
    told = api_document(create_app(settings))
    slice_ = Blueprint("apidoc", "gallery_apidoc", template_folder=str(ROOT / "app/apidoc/templates"))

    @slice_.get("/donnees/api")
    def page() -> str:
        # The whole is long to look at element by element; one chapter has everything that a page can have.
        shown = chapters(told)[1:2] if request.args.get("few") else chapters(told)
        return render_template("apidoc/page.html", document=told, chapters=shown)

    @slice_.get("/api/v1/openapi.json")
    def document() -> Response:
        return jsonify(told)

    app.register_blueprint(slice_)


def _list_page() -> pages.ListPage:
    filters = pages.Filters.read(request.args)
    page = samples.list_page()
    items = [i for i in page.items if i.kind in filters.kinds and (not filters.state or i.state == filters.state)]
    if reference_in(filters.query):
        items = [replace(page.items[0], reference=filters.query)]
    if request.args.get("empty"):
        items = []
    offset = int(request.args.get("offset", 0))
    following = "" if offset or not items else f"?offset=20&{request.query_string.decode()}"
    return replace(page, items=items, filters=filters, total=218 if items else 0, following=following, offset=offset)


def _contributions(slice_: Blueprint) -> None:
    @slice_.get("/")
    def map_page() -> str:
        page = samples.map_page(_list_page())
        if tiles := request.args.get("tiles"):
            page = replace(page, basemap=samples.ground(request.args.get("ground", "raster"), tiles))
            g.csp_basemap = page.basemap.origins
        return render_template("contributions/map.html", page=page)

    @slice_.get("/integration")
    def embed() -> str:
        return render_template("contributions/embed.html", page=samples.map_page(_list_page()), outside="/")

    @slice_.get("/liste")
    def list_page() -> str:
        page = samples.map_page(_list_page())
        return render_template(
            "contributions/list.html",
            page=page.list,
            counts=page.counts,
            categories=page.categories,
            zones=page.zones,
            town=page.town,
        )

    @slice_.get("/list-fragment")
    def list_fragment() -> str:
        return render_template("contributions/_list.html", page=_list_page())

    @slice_.get("/contribuer")
    def new_kind() -> str:
        return render_template("contributions/new_kind.html", page=samples.kind_page())

    @slice_.get("/brouillons")
    def drafts() -> str:
        return render_template("contributions/drafts.html")

    @slice_.route("/contribuer/<kind>", methods=["GET", "POST"])
    def new(kind: str) -> str:
        return render_template(
            "contributions/new.html", page=samples.new_page(kind, request.form if request.method == "POST" else None)
        )

    @slice_.get("/recu")
    def receipt() -> str:
        return render_template(
            "contributions/receipt.html", page=samples.receipt_page(request.args.get("kind", "problem"))
        )

    @slice_.route("/c/<reference>", methods=["GET", "POST"])
    def show(reference: str) -> str:
        page = samples.show_page(reference, own="suivi" in request.args)
        if request.args.get("vote") != "support" and reference == "BAY-4768":
            page = replace(page, support_url="")
        if page.own:
            page = replace(page, acts=people.own_acts(withdrawn="withdrawn" in request.args))
        return render_template("contributions/show.html", page=page)

    people.follow_pages(slice_)


def _tickets(slice_: Blueprint) -> None:
    @slice_.get("/bureau")
    def queue() -> str:
        return render_template("tickets/desk.html", page=desk.desk_page(None))

    @slice_.route("/bureau/<reference>", methods=["GET", "POST"])
    def ticket(reference: str) -> str:
        return render_template("tickets/desk.html", page=desk.desk_page(reference))


def _accounts(slice_: Blueprint) -> None:
    @slice_.get("/connexion")
    def login() -> str:
        error = "Cette adresse et ce mot de passe ne vont pas ensemble." if "error" in request.args else None
        return render_template("accounts/login.html", email=request.args.get("email", ""), next="", error=error)

    @slice_.post("/connexion")
    def open_session() -> str:
        return ""

    @slice_.post("/deconnexion")
    def logout() -> str:
        return ""


def _files(app: Flask, basemap: Path | None, photos: Path | None) -> None:
    town = Town(samples.CENTER, samples.BOUNDS)

    @app.get("/basemap.pmtiles")
    def basemap_file() -> Response:
        if basemap is None:
            abort(404)
        content = basemap.read_bytes()
        answer = Response(content, mimetype="application/octet-stream")
        answer.make_conditional(request, accept_ranges=True, complete_length=len(content))
        return answer

    @app.get("/basemap/gallery.geojson")
    def outlines() -> Response:
        return jsonify(samples.outlines())

    @app.get("/photo/<int:size>/<name>")
    def photo(size: int, name: str) -> Response:
        if photos and (photos / f"{name}.jpg").is_file():
            return send_file(photos / f"{name}.jpg")
        return Response(picture(name, size), mimetype="image/webp")

    @app.get("/tiles/contributions/<int:z>/<int:x>/<int:y>.mvt")
    def tile(z: int, x: int, y: int) -> Response:
        kinds = pages.Filters.read(request.args).kinds
        layers = town.tile(z, x, y, kinds)
        return Response(mapbox_vector_tile.encode(layers), mimetype="application/vnd.mapbox-vector-tile")

    @app.get("/api/v1/hotspots")
    def hotspots() -> Response:
        return jsonify(samples.hotspots())

    @app.get("/error/<int:status>")
    def error(status: int) -> tuple[str, int]:
        problem = {"title": "Titre", "status": status, "detail": "", "errors": []}
        typed = ["Un trou profond, devant le 12 quai des Corsaires."] if "typed" in request.args else []
        trace = "0123456789abcdef0123456789abcdef" if status >= 500 else ""
        return render_template("errors/error.html", problem=problem, typed=typed, trace=trace), status


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8840)
    parser.add_argument("--basemap", type=Path)
    parser.add_argument("--photos", type=Path)
    options = parser.parse_args()
    create(ROOT / "build/gallery", options.basemap, options.photos).run(
        "127.0.0.1", options.port, debug=False, threaded=True
    )
