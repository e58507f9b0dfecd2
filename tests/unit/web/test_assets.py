"""Static files: the address changes with the content, the answer says how long to keep it."""

import gzip
from pathlib import Path

import brotli
import pytest
from flask import Flask

from app.web.assets import Assets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "css").mkdir()
    (tmp_path / "js/map").mkdir(parents=True)
    (tmp_path / "css/base.css").write_text("body{color:red}" * 50)
    (tmp_path / "js/map.js").write_text("export {}")
    (tmp_path / "js/map/unpack.js").write_text("export {}")
    (tmp_path.parent / "secret.txt").write_text("no")
    return tmp_path


@pytest.fixture
def app(folder: Path) -> Flask:
    app = Flask(__name__, static_folder=None)
    assets = Assets(folder)
    app.extensions["assets"] = assets
    app.add_url_rule("/static/<path:name>", view_func=assets.response)
    return app


def test_the_address_follows_the_content(folder: Path) -> None:
    assets = Assets(folder)
    before = assets.url("css/base.css")
    (folder / "css/base.css").write_text("body{color:blue}")
    assert before.startswith("/static/css/base.css?v=")
    assert assets.url("css/base.css") != before


def test_a_file_that_does_not_exist_cannot_be_linked(folder: Path) -> None:
    with pytest.raises(KeyError):
        Assets(folder).url("css/none.css")


def test_kept_for_a_year_only_under_its_own_hash(app: Flask) -> None:
    client = app.test_client()
    url = app.extensions["assets"].url("css/base.css")
    assert "immutable" in client.get(url).headers["Cache-Control"]
    assert client.get("/static/css/base.css?v=0000").headers["Cache-Control"] == "no-cache"
    assert client.get("/static/css/base.css").headers["Cache-Control"] == "no-cache"


def test_text_travels_compressed_and_is_not_sent_twice(app: Flask) -> None:
    client = app.test_client()
    answer = client.get("/static/css/base.css", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.data).startswith(b"body")
    again = client.get(
        "/static/css/base.css", headers={"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304
    assert b"".join(again.response) == b""


def test_plain_when_the_reader_cannot_unzip(app: Flask) -> None:
    answer = app.test_client().get("/static/css/base.css")
    assert "Content-Encoding" not in answer.headers
    assert answer.data.startswith(b"body")
    assert answer.mimetype == "text/css"


def test_the_better_packing_is_chosen_where_the_browser_knows_it(app: Flask) -> None:
    client = app.test_client()
    answer = client.get("/static/css/base.css", headers={"Accept-Encoding": "gzip, deflate, br"})
    assert answer.headers["Content-Encoding"] == "br"
    assert brotli.decompress(answer.data).startswith(b"body")
    assert client.get("/static/css/base.css", headers={"Accept-Encoding": "br;q=0"}).data.startswith(b"body")


def test_what_is_vendored_packed_is_sent_as_it_lies_there() -> None:
    ours = Assets()
    (name,) = [asset for asset in ours.imports() if "/shared-" in asset]
    path = ours.root / name.removeprefix("/static/")
    with Flask("ours").test_request_context(headers={"Accept-Encoding": "br"}):
        sent = ours.response(name.removeprefix("/static/"))
    assert sent.get_data() == path.with_name(path.name + ".br").read_bytes()
    assert brotli.decompress(sent.get_data()) == path.read_bytes()


def test_a_file_named_by_its_content_is_asked_for_by_its_name_and_kept(folder: Path) -> None:
    name = "js/shared-0123456789abcdef.mjs"
    (folder / name).write_text("export {}")
    assets = Assets(folder)
    assert assets.url(name) == f"/static/{name}"
    with Flask("kept").test_request_context():
        assert "immutable" in assets.response(name).headers["Cache-Control"]


@pytest.mark.parametrize(
    "name", ["../secret.txt", "css/../../secret.txt", "css", "none.css", "css/%2e%2e/%2e%2e/secret.txt"]
)
def test_nothing_outside_the_folder_is_served(app: Flask, name: str) -> None:
    assert app.test_client().get(f"/static/{name}").status_code == 404


def test_modules_are_all_in_the_import_map(folder: Path) -> None:
    imports = Assets(folder).imports()
    assert set(imports) == {"/static/js/map.js", "/static/js/map/unpack.js", "fflate"}
    assert imports["/static/js/map.js"].startswith("/static/js/map.js?v=")


def test_a_page_says_at_once_which_modules_it_needs(folder: Path) -> None:
    (folder / "js/deep").mkdir()
    (folder / "js/main.js").write_text(
        'import { a } from "./map.js";\nimport "./deep/far.js";\nimport("./later.js");\n'
    )
    (folder / "js/deep/far.js").write_text(
        '// import "./never.js"\nexport {\n  a,\n} from "../map.js";\nimport x from "fflate";'
    )
    (folder / "js/later.js").write_text("export {}")
    assets = Assets(folder)
    assert assets.needed_by("js/main.js") == ["js/map.js", "js/deep/far.js"]
    lines = str(assets.module("js/main.js", "n1"))
    assert lines.count('rel="modulepreload"') == 2
    assert lines.count('nonce="n1"') == 3
    assert lines.endswith(f'<script type="module" src="{assets.url("js/main.js")}" nonce="n1"></script>')


def test_a_module_that_needs_what_is_not_there_is_told(folder: Path) -> None:
    (folder / "js/main.js").write_text('import "./gone.js";')
    with pytest.raises(KeyError):
        Assets(folder).module("js/main.js", "")
