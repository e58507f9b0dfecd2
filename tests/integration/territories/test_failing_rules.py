"""Given a rule that fails at run time, then it is skipped, flagged, and an administrator is told."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session

from app import migrate
from app.cli.pack import pack
from app.cli.territory import territory
from app.features.territories.catalogue import current_town, touch
from app.features.territories.failing import failing_rules
from app.features.territories.mails import mails_of_failing_rule
from app.features.territories.models import RoutingRule, Territory
from app.features.territories.packing import dump_pack, load_pack
from app.features.tickets import services
from app.features.tickets.placing import Waiting, place
from tests.support import servers
from tests.support.desk import LAT, LON, World, make_world, sign_in

FAILS = {"answer": {"question": "moments", "at_least": 2}}
"""It compares a number; the contributions of these tests answered with a list."""


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session)


def rule(world, position=1, town="bidache", service="bidache/eclairage", **facts):
    row = RoutingRule(
        territory_id=world.towns[town].territory_id, position=position, slug=f"regle-{position}",
        name={"fr": f"Règle {position}"}, service_id=world.services[service],
        **({"conditions": FAILS} | facts),
    )  # fmt: skip
    world.session.add(row)
    world.session.flush()
    touch(world.session, row.territory_id)
    return row.id


def arrives(world, *, moments=("soir",), n=1, dx=0.0):
    """Contributions come in and are placed by a drain; returns the reference of the last."""
    town = world.towns["bidache"]
    known = current_town(world.session, town.territory_id)
    waiting = []
    for number in range(n):
        face = town.add(LON + dx + number / 500, LAT, placed=False)
        reference = world.session.scalar(
            text("UPDATE contribution SET answers = CAST(:a AS jsonb) WHERE id = :id RETURNING reference"),
            {"a": json.dumps({"moments": list(moments) if isinstance(moments, tuple) else moments}),
             "id": face.contribution_id},
        )  # fmt: skip
        waiting.append(
            Waiting(
                id=face.contribution_id, reference=reference, territory_id=face.territory_id, version=known.version,
                category_id=face.category_id, kind="problem", channel="web", lon=face.lon, lat=face.lat, zone_ids=[],
                answers={"moments": list(moments) if isinstance(moments, tuple) else moments}, title="", text="",
                visibility="public", created_at=face.created_at,
            )
        )  # fmt: skip
    place(world.session, waiting)
    return waiting[-1].reference


def flagged(world, rule_id):
    return world.session.execute(
        text("SELECT flagged_at, failed_at, flag FROM routing_rule WHERE id = :id"), {"id": rule_id}
    ).one()


def news(world):
    """What will be told: the rule, and the moment it began."""
    rows = world.session.execute(
        text("SELECT subject_id, payload->>'since' AS since FROM outbox WHERE topic = 'rule.failing' ORDER BY id")
    )
    return [(row.subject_id, row.since) for row in rows]


def later(world, hours):
    """Let time pass for what is flagged, in a new transaction."""
    world.session.execute(
        text("UPDATE routing_rule SET failed_at = failed_at - make_interval(hours => :h)"), {"h": hours}
    )
    world.session.commit()


def test_it_is_skipped_flagged_and_told_once(world):
    bad, good = rule(world), rule(world, 2, service="bidache/a-trier", conditions={"kind": "problem"})
    reference = arrives(world, n=3)
    assert world.row(reference).service == "a-trier"
    row = flagged(world, bad)
    assert row.flagged_at == row.failed_at is not None
    assert row.flag["id"] == "It failed on this contribution: %(error)s"
    assert "TypeError" in row.flag["params"]["error"]
    assert flagged(world, good) == (None, None, None)
    assert news(world) == [(bad, row.flagged_at.isoformat())]
    world.session.commit()
    arrives(world, n=2, dx=0.01)
    assert flagged(world, bad) == row
    assert len(news(world)) == 1
    later(world, 2)
    arrives(world, dx=0.02)
    again = flagged(world, bad)
    assert (again.flagged_at, again.failed_at > row.failed_at) == (row.flagged_at, True)
    assert len(news(world)) == 1


def test_the_queue_that_its_service_had_is_gone(world):
    gone = rule(world)
    world.session.execute(
        text("UPDATE service SET active = false WHERE id = :id"), {"id": world.services["bidache/eclairage"]}
    )
    touch(world.session, world.towns["bidache"].territory_id)
    arrives(world)
    assert flagged(world, gone).flag["id"] == "Its service no longer exists."


def test_a_town_that_is_well_asks_nothing_more_of_the_database(world):
    rule(world, conditions={"kind": "praise"})
    arrives(world)
    said = []
    engine = world.session.get_bind()
    event.listen(engine, "before_cursor_execute", lambda *call: said.append(call[2]))
    arrives(world, dx=0.01)
    assert said
    assert not any("routing_rule" in statement for statement in said)


def test_correcting_a_category_flags_too(world):
    bad = rule(world)
    reference = world.ticket("bidache/voirie")
    world.session.execute(text("""UPDATE contribution SET answers = '{"moments": ["soir"]}'"""))
    agent = world.actor("agent", services=("bidache/voirie",))
    services.change_category(world.session, agent, reference=reference, category="lampadaire", version=1)
    assert flagged(world, bad).flagged_at is not None
    assert len(news(world)) == 1


def test_it_is_forgiven_when_it_has_worked_for_a_day_and_told_again_when_it_fails_again(world):
    bad = rule(world)
    arrives(world)
    first = news(world)
    later(world, 3)
    assert world.row(arrives(world, moments=3, dx=0.01)).service == "eclairage"
    assert flagged(world, bad).flagged_at is not None
    later(world, 22)
    arrives(world, moments=1, dx=0.02)
    assert flagged(world, bad) == (None, None, None)
    assert current_town(world.session, world.towns["bidache"].territory_id).failing == ()
    world.session.commit()
    arrives(world, dx=0.03)
    second = news(world)
    assert (len(second), second[0]) == (2, first[0])
    assert second[1][1] > first[0][1]


def test_a_rule_that_was_not_asked_is_not_forgiven(world):
    rule(world, 1, service="bidache/a-trier", conditions={"answer": {"question": "moments", "at_least": 0}})
    bad = rule(world, 2)
    world.session.execute(
        text('UPDATE routing_rule SET flagged_at = :then, failed_at = :then, flag = \'{"id": "x"}\' WHERE id = :id'),
        {"then": datetime.now(UTC) - timedelta(days=9), "id": bad},
    )
    touch(world.session, world.towns["bidache"].territory_id)
    assert world.row(arrives(world, moments=3)).service == "a-trier"
    assert flagged(world, bad).flagged_at is not None


def test_it_is_forgotten_when_the_pack_is_loaded(world):
    rule(world)
    arrives(world)
    town = world.session.get_one(Territory, world.towns["bidache"].territory_id)
    world.session.execute(text("UPDATE service SET position = id WHERE territory_id = :t"), {"t": town.id})
    world.session.expire_all()
    load_pack(world.session, territory=town, pack=dump_pack(world.session, territory=town))
    assert failing_rules(world.session) == []


@pytest.mark.parametrize(
    ("accounts", "told"),
    [
        (("administrator bidache", "administrator pays", "administrator -", "dispatcher bidache"), ["bidache"]),
        (("administrator pays", "administrator -", "administrator anglet"), ["pays"]),
        (("administrator -", "administrator nantes"), ["-"]),
        (("agent bidache",), []),
    ],
)
def test_the_nearest_administrators_are_told_in_their_language(app, world, accounts, told):
    addresses = {}
    for one in accounts:
        role, where = one.split()
        services_ = ("bidache/voirie",) if role == "agent" else ()
        account = world.account(role, territory=None if where == "-" else where, services=services_)
        account.language = "en"
        addresses[account.email] = where
    bad = rule(world)
    arrives(world)
    (said,) = news(world)
    with app.app_context():
        mails = list(mails_of_failing_rule(world.session, rule_id=bad, since=said[1]))
        assert [addresses[mail.to] for mail in mails] == told
        for mail in mails:
            assert mail.subject == "Bidache: a routing rule fails"
            assert "Rule 1, “Règle 1”, has failed since" in mail.body
            assert "TypeError" in mail.body
            assert mail.key.startswith(f"rule-{bad}-failing-")
        # Mended meanwhile: nobody needs to hear of it.
        world.session.execute(text("UPDATE routing_rule SET flagged_at = NULL"))
        assert list(mails_of_failing_rule(world.session, rule_id=bad, since=said[1])) == []


def test_the_job_delivers_once(app, world, environment, monkeypatch, tmp_path):
    from workers import handlers, runtime

    world.account("administrator", territory="bidache")
    bad = rule(world)
    arrives(world)
    (said,) = news(world)
    monkeypatch.setattr(runtime, "application", lambda: app)
    with app.app_context():
        for _ in range(2):
            handlers.HANDLERS["rule.failing"](world.session, bad, {"since": said[1]})
    folder = app.extensions["settings"].storage.mail_folder
    assert len(list(folder.glob("rule-*.eml"))) == 1
    assert world.session.scalar(text("SELECT count(*) FROM delivery")) == 1


def test_the_commands_say_so(world, environment, tmp_path):
    rule(world)
    arrives(world)
    world.session.execute(text("UPDATE service SET position = id WHERE NOT is_triage"))
    world.session.commit()
    listed = CliRunner().invoke(territory, ["list"]).stdout
    assert "  FAILING rule 1 (regle-1, “Règle 1”) since " in listed
    assert "TypeError" in listed
    dumped = CliRunner().invoke(pack, ["dump", str(tmp_path / "pack"), "--territory", "bidache"])
    assert "FAILING rule 1 (regle-1" in dumped.stderr
    assert "FAILING" not in dumped.stdout


@pytest.mark.parametrize(("where", "sees"), [("bidache", True), ("pays", True), (None, True), ("nantes", False)])
def test_the_operators_page_shows_those_of_ones_own_towns(app, world, where, sees):
    rule(world)
    arrives(world)
    account = world.account("administrator", territory=where)
    world.session.commit()
    page = sign_in(app, account.email).get("/exploitation?lang=en")
    assert page.status_code == 200
    assert ("Bidache · rule 1: Règle 1" in page.text) is sees
    assert ("TypeError" in page.text) is sees


def test_the_migration_goes_both_ways_with_rows(worker_name):
    url = servers.clone(servers.shared_template(), f"rules_{worker_name}")
    engine = create_engine(url)
    with Session(engine, expire_on_commit=False) as session, session.begin():
        world = make_world(session)
        rule(world)
        arrives(world)
    migrate.downgrade(url, "0004")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT flag FROM routing_rule")).startswith("It failed on")
    engine.dispose()
    migrate.upgrade(url, "0005")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT flag->>'id' FROM routing_rule")).startswith("It failed on")
    engine.dispose()
