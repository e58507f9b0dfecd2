"""What is kept of a row, what is refused and why, and what stops a whole file before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.cli.importing import import_file, words
from app.features.contributions.pyramid import cell_errors
from app.features.territories.adding import DEFAULT_PACK, add_drawn
from app.features.territories.packing import load_pack
from app.features.territories.packs.reader import read_pack
from app.importing.errors import ImportStopped
from app.importing.mapping import Mapping
from geodata.geojson import parse_boundary
from tests.integration.importing.conftest import MAPPING, Importer, add_town, made_rows, square, write_csv


def changed(row: dict[str, str], **values: str) -> dict[str, str]:
    return row | values


def test_dates_states_channels_and_history_are_kept(importer: Importer, tmp_path: Path) -> None:
    row = made_rows(1)[0]
    row |= {
        "at": "2024-05-06T08:00:00+00:00",
        "closed": "2024-05-08T09:00:00+00:00",
        "status": "Closed",
        "via": "Phone",
    }
    importer(write_csv(tmp_path / "town.csv", [row]))
    (kept,) = importer.ask("SELECT * FROM contribution")
    (ticket,) = importer.ask("SELECT * FROM ticket")
    assert (kept.source, kept.source_id, kept.channel, kept.visibility) == ("a-town", "R0", "phone", "public")
    assert kept.created_at.isoformat() == ticket.opened_at.isoformat() == "2024-05-06T08:00:00+00:00"
    assert (kept.state, ticket.state) == ("done", "done")
    assert ticket.closed_at.isoformat() == ticket.updated_at.isoformat() == "2024-05-08T09:00:00+00:00"
    assert kept.reference == ticket.reference == "BID-1001"
    assert kept.address == row["address"]
    events = importer.ask("SELECT type, at::date::text, state_from, state_to, data FROM event ORDER BY id")
    assert [tuple(event)[:4] for event in events] == [
        ("imported", "2024-05-06", None, "new"),
        ("routed", "2024-05-06", None, "new"),
        ("state", "2024-05-08", "new", "done"),
    ]
    assert events[0].data["status"] == "Closed"
    assert importer.ask("SELECT settings #>> '{sources,a-town,attribution}' FROM territory") == [("A town (CC0)",)]
    with Session(importer.engine) as session:
        assert cell_errors(session, 1) == []
    # The next one that is sent by hand gets the next number.
    assert importer.ask("SELECT nextval('reference_1')") == [(1002,)]


def test_every_refused_row_has_its_line_and_a_reason(importer: Importer, tmp_path: Path) -> None:
    good = made_rows(8)
    rows = [
        good[0],
        changed(good[1], lon="2.35", lat="48.85"),
        changed(good[2], lon=good[2]["lat"], lat=good[2]["lon"]),
        changed(good[3], lat="91"),
        changed(good[4], at="31/12/2024"),
        changed(good[5], category="Ghost"),
        changed(good[6], id="R0"),
        good[7],
    ]
    path = write_csv(tmp_path / "town.csv", rows)
    done = importer(path)
    assert (done.read, done.imported, done.rejected) == (8, 2, 6)
    said = {row["line"]: row for row in importer.rejected()}
    assert said["3"]["reason"] == "The place (2.35, 48.85) is outside the territory."
    assert said["4"]["reason"].endswith("is outside the territory. Longitude and latitude seem to be swapped.")
    assert said["5"]["reason"].startswith("A latitude lies between −90 and 90")
    assert said["6"]["reason"].startswith("“31/12/2024” in “at” is not a date")
    assert said["7"]["reason"] == "The mapping has no category for “Ghost”."
    assert said["8"]["reason"] == "The id “R0” is already on line 2."
    assert said["8"]["words"] == good[6]["words"], "the row itself follows"
    again = importer(path)
    assert (again.imported, again.known, again.rejected) == (0, 2, 6)


def test_a_file_with_swapped_axes_is_sent_back_at_once(importer: Importer, tmp_path: Path) -> None:
    rows = [changed(row, lon=row["lat"], lat=row["lon"]) for row in made_rows(50)]
    with pytest.raises(ImportStopped, match="Of the first 50 rows, 50 have longitude and latitude swapped"):
        importer(write_csv(tmp_path / "town.csv", rows))
    assert importer.ask("SELECT count(*) FROM contribution") == [(0,)]


def test_hidden_rows_are_kept_off_the_map(importer: Importer, tmp_path: Path) -> None:
    hiding = MAPPING | {"category": MAPPING["category"] | {"hide": ["Tag"], "ignore": ["Scooter"]}}  # type: ignore[operator]
    rows = made_rows(60)
    done = importer(write_csv(tmp_path / "town.csv", rows), Mapping.model_validate(hiding))
    assert done.left_out == sum(row["category"] == "Scooter" for row in rows)
    hidden = importer.ask("SELECT count(*) FROM contribution WHERE visibility = 'hidden'")
    assert hidden == [(sum(row["category"] == "Tag" for row in rows),)]
    with Session(importer.engine) as session:
        assert cell_errors(session, 1) == []


def test_a_dry_run_says_the_same_and_writes_nothing(importer: Importer, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "town.csv", [*made_rows(200), changed(made_rows(1)[0], id="X", lat="0")])
    trial = importer(path, trial=True, batch=30)
    assert importer.ask("SELECT (SELECT count(*) FROM contribution), (SELECT count(*) FROM outbox)") == [(0, 0)]
    assert importer.ask("SELECT last_value, is_called FROM reference_1") == [(1001, False)]
    done = importer(path)
    assert (trial.imported, trial.opened, trial.rejected) == (done.imported, done.opened, 1)


def test_a_limit_reads_so_many_rows(importer: Importer, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "town.csv", made_rows(30))
    assert importer(path, limit=10).imported == 10
    done = importer(path)
    assert (done.imported, done.known) == (20, 10)


def test_rows_go_to_the_smallest_territory(importer: Importer, tmp_path: Path, town_id: int) -> None:
    with Session(importer.engine) as session:
        inner = add_drawn(
            session, name="Inner", boundary=parse_boundary(square(-1.48, 43.48, -1.479, 43.49)), parent_id=town_id
        )
        session.commit()
        inner_id = inner.id
    importer(write_csv(tmp_path / "town.csv", made_rows(40)))
    found = dict(importer.ask("SELECT territory_id, count(*) FROM contribution GROUP BY 1"))
    assert found[town_id] > 0 and found[inner_id] > 0
    wrong = importer.ask("SELECT count(*) FROM contribution WHERE (territory_id = :inner) <> (ST_X(geom) <= -1.479)",
                         inner=inner_id)  # fmt: skip
    assert wrong == [(0,)]


def test_two_imports_of_one_territory_do_not_meet(importer: Importer, tmp_path: Path, town_id: int) -> None:
    with importer.engine.connect() as other:
        other.execute(text("SELECT pg_advisory_lock(:lock, :id)"), {"lock": 0x1A90, "id": town_id})
        with pytest.raises(ImportStopped, match="Another import is running"):
            importer(write_csv(tmp_path / "town.csv", made_rows(3)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"category": {"columns": ["category"], "map": {"*": "ghost"}}}, "Bidache has no category “ghost”"),
        ({"category": {"columns": ["category"], "map": {"*": "roads"}}}, "“roads” gathers other categories"),
        ({"kind": "praise", "category": {"columns": ["category"], "map": {"*": "manhole"}}}, "takes no praise"),
        ({"text": "{nothing}"}, "names “nothing”; the columns are: id, at"),
    ],
)
def test_a_mapping_that_does_not_fit_the_town(
    importer: Importer, tmp_path: Path, change: dict[str, object], words: str
) -> None:
    with pytest.raises(ImportStopped) as stopped:
        importer(write_csv(tmp_path / "town.csv", made_rows(2)), Mapping.model_validate(MAPPING | change))
    assert words in str(stopped.value)


def test_praise_and_proposals_stand_alone(importer: Importer, tmp_path: Path) -> None:
    rows = [changed(row, category="Hole", lon="-1.479", lat="43.481") for row in made_rows(4)]
    praising = {"kind": "praise", "category": {"columns": ["category"], "map": {"*": "pothole"}}}
    done = importer(write_csv(tmp_path / "town.csv", rows), Mapping.model_validate(MAPPING | praising))
    assert (done.opened, done.joined) == (4, 0)
    assert importer.ask("SELECT DISTINCT kind, due_at FROM ticket") == [("praise", None)]


def test_the_command_says_what_it_did(
    importer: Importer, environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_csv(tmp_path / "town.csv", [*made_rows(20), changed(made_rows(1)[0], id="X", lat="0")])
    import yaml

    (tmp_path / "mapping.yaml").write_text(yaml.safe_dump(MAPPING, allow_unicode=True), encoding="utf-8")
    command = [str(path), "--territory", "bidache", "--mapping", "mapping.yaml"]
    first = CliRunner().invoke(import_file, command)
    assert first.exit_code == 0, first.output
    assert "21 rows read" in first.output and "20 imported" in first.output
    assert "1 refused; each with its reason in town.rejects.csv." in first.output
    second = CliRunner().invoke(import_file, command)
    assert "Nothing new imported." in second.output and "20 were imported before" in second.output
    wrong = CliRunner().invoke(import_file, [*command[:2], "atlantis", *command[3:]])
    assert wrong.exit_code == 1
    assert "There is no territory “atlantis”; the territories are: bidache." in wrong.output


def test_a_rule_that_failed_is_told(importer: Importer, tmp_path: Path) -> None:
    """What is imported is history: nobody is mailed, the rule is not flagged, and who imports reads it."""
    with importer.engine.begin() as connection:
        connection.execute(text("DELETE FROM routing_rule"))
        connection.execute(
            text(
                "INSERT INTO routing_rule (territory_id, position, slug, name, conditions, service_id) "
                "SELECT t.id, 1, 'broken', '{}', '{\"category\": 5}', s.id FROM territory t "
                "JOIN service s ON s.territory_id = t.id LIMIT 1"
            )
        )
        connection.execute(text("UPDATE territory SET config_version = config_version + 1"))
    file = write_csv(tmp_path / "town.csv", made_rows(4))
    assert importer(file, trial=True).skipped == {}
    done = importer(file)
    assert done.imported == 4 and set(done.skipped) == {"broken"}
    told = [line for line in words(done, dry_run=False) if "broken" in line]
    assert len(told) == 1 and told[0].endswith(done.skipped["broken"])
    assert importer.ask("SELECT FROM routing_rule WHERE flagged_at IS NOT NULL") == []


def test_a_nested_town_without_the_category_refuses_its_rows(engine: Engine, mapping: Mapping, tmp_path: Path) -> None:
    outer = add_town(engine, "Outer", square(-1.6, 43.4, -1.4, 43.6))
    with Session(engine) as session:
        inner = add_drawn(session, name="Inner", boundary=parse_boundary(square(-1.5, 43.47, -1.46, 43.5)),
                          parent_id=outer)  # fmt: skip
        load_pack(session, territory=inner, pack=read_pack(DEFAULT_PACK))
        session.execute(text("UPDATE category SET kinds = '{praise}' WHERE slug = 'graffiti' AND territory_id = :id"),
                        {"id": inner.id})  # fmt: skip
        session.commit()
    importer = Importer(engine, mapping, tmp_path)
    rows = made_rows(30)
    done = importer(write_csv(tmp_path / "town.csv", rows), territory="outer")
    assert done.rejected == sum(row["category"] == "Tag" for row in rows) > 0
    assert {row["reason"] for row in importer.rejected()} == {
        "Inner has no category “graffiti” for this kind (problem)."
    }
