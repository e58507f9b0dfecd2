"""Making accounts, by service and by command, and what an account may reach."""

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from app.cli import main
from app.core.errors import Conflict, Invalid
from app.features import tables  # noqa: F401
from app.features.accounts import queries, services
from tests.support.town import make_town

PASSWORD = "sept lampadaires"


@pytest.fixture
def towns(session):
    """An agglomeration with two communes, and a stranger."""
    above = make_town(session, "pays-basque")
    inside = make_town(session, "bidache", parent_id=above.territory_id)
    beside = make_town(session, "anglet", parent_id=above.territory_id)
    far = make_town(session, "nantes")
    session.commit()
    return {"pays-basque": above, "bidache": inside, "anglet": beside, "nantes": far}


def reach(session, towns, **facts):
    account = services.add_account(session, password=PASSWORD, **facts)
    actor = queries.actor_of_account(session, account_id=account.id)
    return actor, {slug for slug, town in towns.items() if actor.reaches(town.territory_id)}


def test_a_role_reaches_its_territory_and_all_that_nest_in_it(session, towns):
    _, above = reach(session, towns, email="a@x.fr", role="dispatcher", territory="pays-basque")
    _, inside = reach(session, towns, email="b@x.fr", role="dispatcher", territory="bidache")
    assert above == {"pays-basque", "bidache", "anglet"}
    assert inside == {"bidache"}


@pytest.mark.parametrize(
    ("role", "everywhere"),
    [
        ("administrator", True),
        ("dispatcher", True),
        ("planner", True),
        ("guarantor", True),
        ("agent", False),
        ("manager", False),
    ],
)
def test_without_a_territory_only_those_who_oversee_reach_everything(session, towns, role, everywhere):
    actor, reached = reach(session, towns, email="a@x.fr", role=role)
    assert actor.everywhere is everywhere
    assert reached == (set(towns) if everywhere else set())
    assert actor.service_ids == frozenset()


def test_the_territory_follows_from_the_service(session, towns):
    actor, _ = reach(session, towns, email="a@x.fr", role="agent", services=["a-trier"], territory="anglet")
    assert actor.territory_id == towns["anglet"].territory_id
    assert actor.service_ids == {towns["anglet"].service_id}


def test_a_slug_of_several_towns_means_all_of_them(session, towns):
    actor, _ = reach(session, towns, email="a@x.fr", role="agent", services=["a-trier"])
    assert actor.service_ids == {town.service_id for town in towns.values()}


def test_a_service_that_closed_gives_no_reach(session, towns):
    actor, _ = reach(session, towns, email="a@x.fr", role="agent", services=["a-trier"], territory="anglet")
    session.execute(text("UPDATE service SET active = false"))
    again = queries.actor_of_account(session, account_id=actor.id)
    assert again.service_ids == frozenset()


def test_an_address_is_taken_whatever_its_capitals(session, towns):
    services.add_account(session, email="Maite@x.fr", password=PASSWORD, role="planner")
    with pytest.raises(Conflict):
        services.add_account(session, email="maite@X.fr", password=PASSWORD, role="planner")
    assert session.scalar(text("SELECT count(*) FROM account")) == 1


@pytest.mark.parametrize(
    ("facts", "pointer"),
    [
        ({"email": "not an address"}, "/email"),
        ({"email": "a@b\n.fr"}, "/email"),
        ({"password": "short"}, "/password"),
        ({"role": "king"}, "/role"),
        ({"territory": "atlantis"}, "/territory"),
        ({"services": ["a-trier", "dragons"]}, "/services"),
        ({"services": ["a-trier"], "territory": "bidache", "role": "agent", "email": ""}, "/email"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(session, towns, facts, pointer):
    with pytest.raises(Invalid) as refused:
        services.add_account(session, **{"email": "a@x.fr", "password": PASSWORD, "role": "planner"} | facts)
    assert [error.pointer for error in refused.value.errors] == [pointer]


def run(*args, stdin=PASSWORD + "\n"):
    return CliRunner().invoke(main, ["user", *args], input=stdin)


def test_the_command_of_the_contract(session, towns, environment):
    made = run(
        "add", "maite@x.fr", "--role", "agent", "--service", "a-trier", "--territory", "anglet", "--password-stdin"
    )
    assert made.exit_code == 0, made.output
    assert "a-trier in anglet" in made.output
    assert PASSWORD not in made.output
    assert services.authenticate(session, email="maite@x.fr", password=PASSWORD) is not None
    listed = run("list")
    assert "maite@x.fr  agent  a-trier in anglet" in listed.output


def test_the_command_refuses_in_words_and_writes_nothing(session, towns, environment):
    made = run("add", "maite@x.fr", "--role", "agent", "--service", "dragons", "--password-stdin")
    assert made.exit_code == 1
    assert "No service is called dragons." in made.output
    assert session.scalar(text("SELECT count(*) FROM account")) == 0


def test_a_password_that_is_not_text_is_refused_in_words(session, towns, environment):
    made = run("add", "maite@x.fr", "--role", "planner", "--password-stdin", stdin=b"\xff\xfe of old terminals\n")
    assert made.exit_code == 1
    assert "not UTF-8" in made.output
    assert session.scalar(text("SELECT count(*) FROM account")) == 0


def test_changing_a_password_and_closing_by_command(session, towns, environment):
    run("add", "maite@x.fr", "--role", "planner", "--password-stdin")
    assert run("password", "maite@x.fr", "--password-stdin", stdin="huit lampadaires\n").exit_code == 0
    assert services.authenticate(session, email="maite@x.fr", password=PASSWORD) is None
    assert services.authenticate(session, email="maite@x.fr", password="huit lampadaires") is not None
    session.rollback()
    assert run("disable", "maite@x.fr").exit_code == 0
    assert services.authenticate(session, email="maite@x.fr", password="huit lampadaires") is None
    assert "(closed)" in run("list").output
    assert run("disable", "nobody@x.fr").exit_code == 1
