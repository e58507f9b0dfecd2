"""`auzolan territory explain`: which service would take it, and what each rule says, in three languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from app.cli.territory import territory
from app.features.territories.adding import DEFAULT_PACK, add_commune
from app.features.territories.packing import load_pack
from app.features.territories.packs.reader import read_pack

BAYONNE = ("--at", "-1.475", "43.493")


@pytest.fixture
def bayonne(session: Session, environment: dict[str, str]) -> None:
    load_pack(session, territory=add_commune(session, code="64102"), pack=read_pack(DEFAULT_PACK))
    session.commit()


def explain(*arguments: str) -> str:
    done = CliRunner().invoke(territory, ["explain", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_which_rule_and_why(bayonne: None) -> None:
    quiet = explain("pothole", *BAYONNE, "--when", "2026-11-24T10:00", "--text", "un trou")
    assert "Bayonne, no zone: Pothole, damaged road → Roads" in quiet
    assert "category" in quiet.splitlines()[1] and "due 2026-" in quiet
    assert "[decided]" not in quiet
    cycling = explain("pothole", *BAYONNE, "--when", "2026-11-24T10:00", "--text", "un trou sur la piste cyclable")
    assert "[decided] All its conditions hold." in cycling
    assert "rule" in cycling.splitlines()[1]


def test_in_the_town_s_own_hours_and_words(bayonne: None) -> None:
    night = explain("water-leak", *BAYONNE, "--when", "2026-11-24T23:00", "--language", "fr")
    day = explain("water-leak", *BAYONNE, "--when", "2026-11-24T11:00", "--language", "fr")
    assert "danger-out-of-hours [decided] Toutes ses conditions sont remplies" in night
    assert "danger-out-of-hours [does not apply]" in day and "ici c’est 11:00" in day


def test_questions_and_answers_are_said_in_their_words(bayonne: None) -> None:
    said = explain("lamp-damaged", *BAYONNE, "--answer", "wires=no", "--language", "fr")
    assert "la réponse à « Voit-on des fils électriques ? » est oui : non, ici c’est non" in said.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pothole", "--at", "43.493", "-1.475"), "LON comes first"),
        (("dragons", *BAYONNE), "has no category “dragons”; it has: abandoned-vehicle"),
        (("lamp-out", *BAYONNE, "--answer", "extent"), "write QUESTION=VALUE"),
    ],
)
def test_what_cannot_be_explained_says_why(bayonne: None, arguments: tuple[str, ...], words: str) -> None:
    done = CliRunner().invoke(territory, ["explain", *arguments])
    assert done.exit_code == 1
    assert words in done.output


@pytest.mark.parametrize("name", ["x" * 101, "a\u202eb", "a\nb"])
def test_a_town_s_name_can_be_read(tmp_path: Path, environment: dict[str, str], name: str) -> None:
    area = tmp_path / "town.geojson"
    area.write_text('{"type":"Polygon","coordinates":[[[2,47],[2.1,47],[2.1,47.1],[2,47]]]}')
    done = CliRunner().invoke(territory, ["add", "--boundary", str(area), "--name", name])
    assert done.exit_code == 2
    assert "100 characters" in done.output
