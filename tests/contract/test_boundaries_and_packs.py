"""What an operator gives on the command line: boundaries that are wrong, packs that contradict themselves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from app.features.territories.adding import DEFAULT_PACK

WEST, SOUTH = -1.2, 43.2


@pytest.fixture
def auzolan(app: Any, session: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command on this town's database; a territory that it adds is taken away again."""
    from app.cli import main

    settings = app.extensions["settings"]
    monkeypatch.setenv("AUZOLAN_DATABASE_URL", settings.database.url)
    monkeypatch.setenv("AUZOLAN_DATA", str(settings.storage.data))
    monkeypatch.setenv("AUZOLAN_SECRET_KEY", "a key for tests only, long enough")
    known = session.scalar(text("SELECT max(id) FROM territory"))

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, list(words))

    yield run
    session.rollback()
    session.execute(text("DELETE FROM territory WHERE id > :known"), {"known": known})
    session.commit()


def drawn(folder: Path, *ring: tuple[float, float], kind: str = "Polygon") -> str:
    corners = [[WEST + x, SOUTH + y] for x, y in ring]
    coordinates = [corners] if kind == "Polygon" else corners
    path = folder / "drawn.geojson"
    path.write_text(
        json.dumps({"type": "Feature", "properties": {}, "geometry": {"type": kind, "coordinates": coordinates}})
    )
    return str(path)


def territories(session: Any) -> int:
    session.rollback()
    return int(session.scalar(text("SELECT count(*) FROM territory")))


def test_a_boundary_that_crosses_itself_is_repaired_and_that_is_said(
    auzolan: Any, session: Any, tmp_path: Path
) -> None:
    bow = drawn(tmp_path, (0, 0), (0.1, 0.1), (0.1, 0), (0, 0.1), (0, 0))
    done = auzolan("territory", "add", "--boundary", bow, "--name", "Nœud papillon", "--no-pack")
    assert done.exit_code == 0, done.output
    assert "repair" in done.output.lower() or "cross" in done.output.lower(), done.output
    valid, area = session.execute(
        text("SELECT ST_IsValid(boundary), area_m2 FROM territory WHERE name = 'Nœud papillon'")
    ).one()
    assert valid and area > 1e6


REFUSED: dict[str, Any] = {
    "a line": ({"kind": "LineString"}, ((0, 0), (0.1, 0.1))),
    "a polygon without area": ({}, ((0, 0), (0.1, 0.1), (0, 0), (0, 0))),
    "swapped or impossible degrees": ({}, ((0, 0), (0.1, 95), (0.1, 0), (0, 0))),
}


def test_a_boundary_without_area_is_refused(auzolan: Any, session: Any, tmp_path: Path, subtests: Any) -> None:
    before = territories(session)
    for name, (more, ring) in REFUSED.items():
        with subtests.test(name):
            refused = auzolan("territory", "add", "--boundary", drawn(tmp_path, *ring, **more), "--name", "Rien")
            assert refused.exit_code != 0 and refused.exception.__class__ is SystemExit
            assert "drawn.geojson" in refused.output and "Traceback" not in refused.output
            assert territories(session) == before
    for name, content in {"broken": b"{", "empty": b"", "not GeoJSON": b'{"a": 1}', "bytes": bytes(range(256))}.items():
        with subtests.test(name):
            path = tmp_path / "drawn.geojson"
            path.write_bytes(content)
            refused = auzolan("territory", "add", "--boundary", str(path), "--name", "Rien")
            assert refused.exit_code != 0 and refused.exception.__class__ is SystemExit, refused.exception
            assert "Traceback" not in refused.output and territories(session) == before


def test_a_territory_has_a_name(auzolan: Any, session: Any, tmp_path: Path) -> None:
    square = drawn(tmp_path, (0, 0), (0.1, 0), (0.1, 0.1), (0, 0))
    refused = auzolan("territory", "add", "--boundary", square, "--name", "  ", "--no-pack")
    assert refused.exit_code == 2 and "Give the --name" in refused.output, refused.output


def test_an_unknown_commune_is_said(auzolan: Any, session: Any) -> None:
    before = territories(session)
    unknown = ("--commune", "99999"), ("--epci", "1"), ("--commune", "'; --"), ("--commune", ""), ("--epci", ""), ()
    for words in unknown:
        refused = auzolan("territory", "add", *words)
        assert refused.exit_code != 0 and refused.exception.__class__ is SystemExit and len(refused.output) > 20
    assert territories(session) == before


def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "pack"
    shutil.copytree(DEFAULT_PACK, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def edited(folder: Path, file: str, old: str, new: str) -> None:
    words = (folder / file).read_text(encoding="utf-8")
    assert old in words
    (folder / file).write_text(words.replace(old, new, 1), encoding="utf-8")


def test_the_default_pack_passes(auzolan: Any, tmp_path: Path) -> None:
    checked = auzolan("pack", "check", str(pack(tmp_path)))
    assert checked.exit_code == 0, checked.output


def refused(result: Result, file: str, *said: str) -> None:
    assert result.exit_code == 1, result.output
    assert result.exception.__class__ is SystemExit
    assert f"{file}:" in result.output, result.output
    for words in said:
        assert words in result.output, result.output


def test_a_pack_whose_categories_go_round_in_a_circle(auzolan: Any, tmp_path: Path) -> None:
    folder = pack(tmp_path)
    edited(folder, "categories.yaml", "- slug: cleanliness\n", "- slug: cleanliness\n  parent: dirty-street\n")
    refused(auzolan("pack", "check", str(folder)), "categories.yaml", "cleanliness")
    loaded = auzolan("pack", "load", str(folder), "--territory", "bayonne")
    assert loaded.exit_code == 1 and "categories.yaml" in loaded.output


def test_a_pack_with_an_unknown_service(auzolan: Any, tmp_path: Path) -> None:
    folder = pack(tmp_path)
    edited(folder, "categories.yaml", "service: cleaning", "service: magicians")
    refused(auzolan("pack", "check", str(folder)), "categories.yaml", "magicians")


def test_a_pack_with_a_rule_that_nobody_can_reach(auzolan: Any, tmp_path: Path) -> None:
    folder = pack(tmp_path)
    first = (folder / "rules.yaml").read_text(encoding="utf-8")
    everything = "- slug: everything\n  name: {fr: Tout, en: All, eu: Dena}\n  when: {all: []}\n  service: cleaning\n"
    (folder / "rules.yaml").write_text(everything + first, encoding="utf-8")
    checked = auzolan("pack", "check", str(folder))
    assert "rules.yaml:" in checked.output, checked.output


def test_a_pack_that_cannot_be_written_is_said(auzolan: Any, session: Any, tmp_path: Path) -> None:
    slug = session.scalar(text("SELECT slug FROM territory LIMIT 1"))
    (tmp_path / "file").write_text("here already")
    refused = auzolan("pack", "dump", str(tmp_path / "file" / "pack"), "--territory", slug)
    assert refused.exit_code == 1 and "Not a directory" in refused.output, refused.output
