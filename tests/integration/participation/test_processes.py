"""A town's processes as data: told, loaded, dumped, opened and closed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.cli.process import process as command
from app.features.contributions.supporting import settle_counts
from app.features.territories.models import Process, Territory
from app.features.territories.packing import dump_pack, load_pack
from app.features.territories.packs.reader import examine_pack, read_pack
from app.features.territories.packs.writer import pack_files, write_pack
from app.features.territories.processes import process_named, processes_of
from tests.integration.participation.conftest import Ideas
from tests.support.town import make_town

PROCESSES = """\
- slug: shade
  labels: {fr: Plus d’ombre, en: More shade, eu: Itzal gehiago}
  description: {fr: Où planter, en: Where to plant, eu: Non landatu}
  mode: scale
  opens: 2026-11-01 09:00
  closes: 2026-12-15 18:00
  hide_counts: true
  categories: [trees]
  states:
    planned: {fr: On plante, en: Planting, eu: Landatzen}
- slug: ideas
  labels: {fr: La boîte, en: The box, eu: Kutxa}
"""
CATEGORIES = """\
- slug: trees
  labels: {fr: Arbres, en: Trees, eu: Zuhaitzak}
  icon: tree
  kinds: [proposal]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "categories.yaml").write_text(CATEGORIES, "utf-8")
    (tmp_path / "processes.yaml").write_text(PROCESSES, "utf-8")
    return tmp_path


def test_a_pack_is_loaded_and_written_again_without_loss(ideas: Ideas, folder: Path, tmp_path: Path) -> None:
    session = ideas.session
    territory = session.get_one(Territory, ideas.town.territory_id)
    pack = read_pack(folder)
    load_pack(session, territory=territory, pack=pack)
    session.commit()
    shade = session.scalars(select(Process).where(Process.slug == "shade")).one()
    assert shade.closes_at == datetime(2026, 12, 15, 17, tzinfo=UTC), "18:00 in the town, in winter"
    dumped = dump_pack(session, territory=territory)
    assert dumped.processes == pack.processes
    write_pack(dumped, tmp_path / "again")
    assert pack_files(read_pack(tmp_path / "again"))["processes.yaml"] == pack_files(pack)["processes.yaml"]
    assert ideas.value("SELECT count(*) FROM outbox WHERE topic = 'process.changed'") == 1
    # A pack that names none: the box stands open again, the other takes no new idea.
    load_pack(session, territory=territory, pack=pack.model_copy(update={"processes": ()}))
    session.commit()
    kept = session.execute(text("SELECT slug, listed, position FROM process ORDER BY slug")).all()
    assert [tuple(row) for row in kept] == [("ideas", True, None), ("shade", False, None)]
    assert dump_pack(session, territory=territory).processes == ()


@pytest.mark.parametrize(("before", "after", "said"), [
    ("2026-12-15 18:00", "2026-10-15 18:00", "after it opens"),
    ("2026-12-15 18:00", "2026-12-32 18:00", "2026-12-31 18:00"),
    ("  closes: 2026-12-15 18:00\n", "", "Say when it closes"),
    ("[trees]", "[flowers]", "flowers"),
    ("mode: scale", "mode: stars", "scale"),
    (", eu: Itzal gehiago", "", "“eu”"),
    ("slug: ideas", "slug: shade", "already used"),
])  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(folder: Path, before: str, after: str, said: str) -> None:
    (folder / "processes.yaml").write_text(PROCESSES.replace(before, after), "utf-8")
    errors = examine_pack(folder).errors
    assert any(error.file == "processes.yaml" and said in str(error) and error.line for error in errors), errors


def test_the_way_of_voting_stays_once_somebody_voted(ideas: Ideas, person, folder: Path) -> None:  # type: ignore[no-untyped-def]
    made = ideas.process("shade", mode="support")
    person().vote(ideas.idea(), 1)
    territory = ideas.session.get_one(Territory, made.territory_id)
    with pytest.raises(LookupError, match="shade"):
        load_pack(ideas.session, territory=territory, pack=read_pack(folder))


def test_a_process_has_words_of_its_own_for_states(ideas: Ideas, client: FlaskClient) -> None:
    ideas.process("shade", state_labels={"planned": {"fr": "On plante"}})
    kept, debated = ideas.idea("Un chêne", state="planned"), ideas.idea("Un hêtre")
    assert "On plante" in client.get(f"/c/{kept}?lang=fr").text
    assert "On plante" not in client.get(f"/c/{debated}?lang=fr").text


def test_an_operator_closes_and_opens_one(ideas: Ideas, person, session: Session) -> None:  # type: ignore[no-untyped-def]
    made = ideas.process("shade", hide_counts=True, closes=3600)
    reference = ideas.idea()
    person().vote(reference, 1)
    run = CliRunner().invoke
    assert run(command, ["close", "shade", "--territory", "bidache"]).exit_code == 0
    assert ideas.shown(reference)[0] == 1
    assert run(command, ["open", "shade", "--territory", "bidache"]).exit_code == 2, "hidden counts need an end"
    assert run(command, ["open", "shade", "--territory", "bidache", "--until", "2099-12-31 18:00"]).exit_code == 0
    assert ideas.shown(reference) == (None, None)
    listed = run(command, ["list"]).output
    assert "bidache/shade" in listed and "2099-12-31 18:00" in listed and "counts hidden" in listed
    assert run(command, ["close", "nothing", "--territory", "bidache"]).exit_code == 1
    assert settle_counts(session, process_id=made.id) is True


def test_towns_that_share_a_slug_are_told_apart(ideas: Ideas) -> None:
    nested = make_town(ideas.session, "came", parent_id=ideas.town.territory_id)
    for one in (ideas, Ideas(ideas.session, nested)):
        one.process("box")
    ideas.process("shade")
    known = [one for one in processes_of(ideas.session, [ideas.town.territory_id, nested.territory_id])
             if one.slug in ("box", "shade")]  # fmt: skip
    assert {(one.key, one.label["fr"]) for one in known} == {
        ("bidache.box", "box, Bidache"), ("came.box", "box, Came"), ("shade", "shade"),
    }  # fmt: skip
    found = process_named(known, "came.box")
    assert found is not None and found.territory_id == nested.territory_id
    assert process_named(known, "box") == known[0], "an older address still opens one of them"
    assert process_named(known, "tree") is None
    assert process_named([known[0]], f"somewhere.{known[0].slug}") == known[0], "named with its town, without need"


def test_a_nested_town_names_the_categories_of_the_one_above(ideas: Ideas, folder: Path) -> None:
    session = ideas.session
    load_pack(session, territory=session.get_one(Territory, ideas.town.territory_id), pack=read_pack(folder))
    nested = session.get_one(Territory, make_town(session, "came", parent_id=ideas.town.territory_id).territory_id)
    (folder / "categories.yaml").unlink()
    pack = read_pack(folder)
    load_pack(session, territory=nested, pack=pack)
    assert dump_pack(session, territory=nested).processes == pack.processes
    assert examine_pack(folder).issues == []
    other = pack.processes[0].model_copy(update={"categories": ("moon",)})
    with pytest.raises(LookupError, match=r"processes\.yaml: shade: there is no category “moon” here"):
        load_pack(session, territory=nested, pack=pack.model_copy(update={"processes": (other,)}))
