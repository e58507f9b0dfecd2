"""What the open data knows of a town outlives the pack that it is given: its clock, its arrondissements."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.features.territories.adding import DEFAULT_PACK, add_commune
from app.features.territories.packing import dump_pack, load_pack
from app.features.territories.packs.reader import examine_pack, read_pack
from app.features.territories.packs.schema import Retention
from app.features.territories.packs.writer import write_pack
from app.features.territories.retention import retention_of
from geodata.france import UnknownPlace


def test_the_default_pack_leaves_a_town_its_clock_and_a_pack_that_names_one_sets_it(session: Session) -> None:
    town = add_commune(session, code="97411")
    load_pack(session, territory=town, pack=read_pack(DEFAULT_PACK))
    assert town.timezone == "Indian/Reunion"
    left = dump_pack(session, territory=town)
    assert left.town.timezone is None
    named = left.model_copy(update={"town": left.town.model_copy(update={"timezone": "Indian/Mayotte"})})
    load_pack(session, territory=town, pack=named)
    assert town.timezone == "Indian/Mayotte"
    assert dump_pack(session, territory=town) == named


def test_a_town_s_retention_is_dumped_as_it_was_loaded(session: Session) -> None:
    town = add_commune(session, code="64130")
    rule = Retention(days=62, text="clear", photos="delete")
    pack = read_pack(DEFAULT_PACK)
    load_pack(
        session, territory=town, pack=pack.model_copy(update={"town": pack.town.model_copy(update={"retention": rule})})
    )
    assert retention_of(town.settings) == rule
    assert dump_pack(session, territory=town).town.retention == rule
    load_pack(session, territory=town, pack=pack)
    assert retention_of(town.settings) == Retention()


@pytest.mark.parametrize("named", [True, False], ids=["named by the default pack", "named by no pack"])
def test_the_pack_of_a_town_with_arrondissements_can_be_loaded_again(
    session: Session, tmp_path: Path, named: bool
) -> None:
    lyon = add_commune(session, code="69123")
    pack = read_pack(DEFAULT_PACK)
    if not named:
        kinds = {kind: labels for kind, labels in pack.town.zone_kinds.items() if kind != "arrondissement"}
        pack = pack.model_copy(update={"town": pack.town.model_copy(update={"zone_kinds": kinds})})
    load_pack(session, territory=lyon, pack=pack)
    written = dump_pack(session, territory=lyon)
    write_pack(written, tmp_path)
    assert examine_pack(tmp_path).issues == []
    load_pack(session, territory=lyon, pack=read_pack(tmp_path))
    assert dump_pack(session, territory=lyon) == written


@pytest.mark.parametrize("code", ["97502", "98818"])
def test_a_collectivity_that_the_open_data_lacks_is_said_with_the_way_out(session: Session, code: str) -> None:
    with pytest.raises(UnknownPlace, match="--boundary"):
        add_commune(session, code=code)
