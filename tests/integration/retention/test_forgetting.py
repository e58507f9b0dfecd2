"""N days after closing: contact, words and photos go as the town decided, a line stays; open ones are left alone."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.cli.retention import retention
from app.core.storage import LocalStorage, derived_key, original_key
from app.features import tables
from app.features.retention import services
from app.features.retention.services import forget_batch, what_is_due
from app.features.territories.models import Territory
from app.settings import Settings
from tests.support.desk import World, make_world, sign_in
from workers import handlers, schedule

OLD = datetime.now(UTC) - timedelta(days=800)
SECRET = "Peio Etxeberri, 3 rue du Port"
STRICT = {"days": 730, "text": "clear", "photos": "delete"}


class Town(World):
    """One contribution of each fate, each with all that is personal and real files."""

    folder: Path
    storage: LocalStorage
    said: dict[str, str]

    def say(self, name: str, **facts: Any) -> str:
        reference = self.ticket("bidache/voirie", title=SECRET, dx=len(self.said) / 1000, **facts)
        self.said[name] = reference
        self.contact(reference)
        number = f"{len(self.said):x}"
        public, original = number * 32, original_key(number * 64)
        self.storage.put(original, b"original " + number.encode())
        for size in (400, 1600):
            self.storage.put(derived_key(public, f"{size}.jpg"), b"picture")
        os.utime(self.folder / original, (1_600_000_000, 1_600_000_000))
        values = {"r": reference, "secret": SECRET, "original": original, "public": public}
        for statement in _PERSONAL:
            self.session.execute(text(statement), values)
        return reference

    def rule(self, **rule: Any) -> None:
        self.session.execute(
            text("UPDATE territory SET settings = CAST(:s AS jsonb) WHERE slug = 'bidache'"),
            {"s": json.dumps({"retention": rule} if rule else {})},
        )
        self.session.commit()

    @property
    def territory(self) -> Territory:
        return self.session.get_one(Territory, self.towns["bidache"].territory_id, populate_existing=True)

    def of(self, name: str) -> Any:
        """The row of a contribution, its ticket's title, and how much of each personal thing is left."""
        return self.session.execute(_LEFT, {"r": self.said[name]}).one()

    def forget(self) -> services.Forgotten:
        """What the clock orders and the worker does, to the end."""
        before = what_is_due(self.session, self.territory)
        self.session.commit()
        schedule.order_retention(self.session)
        self.session.commit()
        waiting = text("SELECT id FROM outbox WHERE topic LIKE 'retention.%' ORDER BY id")
        while ids := self.session.scalars(waiting).all():
            self.session.commit()
            for number in ids:
                handlers.run(number)
            failed = text("SELECT last_error FROM outbox WHERE topic LIKE 'retention.%' AND last_error IS NOT NULL")
            assert self.session.scalars(failed).all() == []
        self.session.commit()
        return before

    def rows(self) -> dict[str, list[str]]:
        """Every row of every table."""
        found = {
            name: sorted(self.session.scalars(text(f"SELECT to_jsonb(t)::text FROM {name} t")))
            for name in tables.metadata.tables
        }
        self.session.commit()
        return found

    def files(self) -> dict[str, bytes]:
        return {str(p.relative_to(self.folder)): p.read_bytes() for p in self.folder.rglob("*") if p.is_file()}

    def ledger(self) -> list[Any]:
        found = self.session.execute(text("SELECT * FROM retention_ledger ORDER BY id")).all()
        self.session.commit()
        return list(found)


_PERSONAL = (
    "UPDATE contribution SET body = :secret || ' attend', follow_hash = 'hash', language = 'fr', photo_count = 1, "
    "answers = jsonb_build_object('who', CAST(:secret AS text), 'deep', 'yes') WHERE reference = :r",
    "INSERT INTO photo (contribution_id, position, original_key, content_type, width, height, size, state, public_key) "
    "SELECT id, 0, :original, 'image/jpeg', 4, 3, 9, 'ready', :public FROM contribution WHERE reference = :r",
    "INSERT INTO authorship (contribution_id, person) SELECT id, 'author' FROM contribution WHERE reference = :r",
    "INSERT INTO follow (subject, contribution_id, reader, email) SELECT 'contribution:' || id, id, who, who "
    "FROM contribution, unnest(ARRAY['peio@resident.example', 'maite@resident.example']) AS who WHERE reference = :r",
    "INSERT INTO contribution_version (contribution_id, number, title, body, lon, lat, photos, reason) "
    "SELECT id, 1, :secret, :secret, 0, 0, '[]', 'a name' FROM contribution WHERE reference = :r",
    "INSERT INTO event (contribution_id, ticket_id, type, body, data) SELECT id, ticket_id, 'added', :secret, '{}' "
    "FROM contribution WHERE reference = :r",
    "INSERT INTO event (contribution_id, ticket_id, type, public, data) SELECT id, ticket_id, 'corrected', false, "
    "jsonb_build_object('text', CAST(:secret AS text)) FROM contribution WHERE reference = :r",
    "INSERT INTO event (ticket_id, type, body) SELECT ticket_id, 'answer', 'C''est fait' FROM contribution "
    "WHERE reference = :r",
    "INSERT INTO comment (contribution_id, body, email, person, created_at) SELECT id, 'D''accord', "
    "'maite@resident.example', 'other', at FROM contribution, unnest(ARRAY[now(), now() - interval '731 days']) AS at "
    "WHERE reference = :r",
)
_LEFT = text(
    """
    SELECT c.id, c.reference, c.title, c.body, c.answers, c.words::text AS words, c.state, c.category_id, c.created_at,
           ST_AsText(c.geom) AS place, c.follow_hash, c.photo_count, t.title AS ticket_title,
           (SELECT count(*) FROM contribution_contact WHERE contribution_id = c.id) AS contacts,
           (SELECT count(*) FROM authorship WHERE contribution_id = c.id) AS authors,
           (SELECT array_agg(reader ORDER BY reader) FROM follow WHERE contribution_id = c.id) AS followers,
           (SELECT count(*) FROM comment WHERE contribution_id = c.id AND num_nonnulls(email, person) > 0) AS reached,
           (SELECT count(*) FROM contribution_version WHERE contribution_id = c.id) AS versions,
           (SELECT count(*) FROM photo WHERE contribution_id = c.id) AS photos
    FROM contribution c JOIN ticket t ON t.id = c.ticket_id WHERE c.reference = :r
    """
)


@pytest.fixture
def town(session: Session, worker_here: None) -> Town:
    world = make_world(session)
    made = Town(session, world.towns, world.services, world.made)
    made.said = {}
    made.folder = Path(Settings().storage.location)
    made.storage = LocalStorage(made.folder)
    session.execute(
        text(
            'UPDATE category SET label = \'{"fr": "Trou"}\', questions = '
            '\'[{"slug": "who", "type": "text", "label": {"fr": "Qui"}}, '
            '{"slug": "deep", "type": "yes_no", "label": {"fr": "Profond"}}]\''
        )
    )
    made.say("done", state="done", created_at=OLD)
    made.say("declined", state="declined", created_at=OLD)
    made.say("imported", state="done", created_at=OLD)
    made.say("recent", state="done", created_at=datetime.now(UTC) - timedelta(days=700))
    made.say("open", created_at=OLD)
    made.say("reopened", state="reopened", created_at=OLD)
    made.say("duplicate", state="duplicate", created_at=OLD)
    session.execute(
        text(
            "UPDATE ticket SET duplicate_of_id = (SELECT id FROM ticket WHERE reference = :open) WHERE reference = :dup"
        ),
        {"open": made.said["open"], "dup": made.said["duplicate"]},
    )
    session.execute(
        text("UPDATE contribution SET channel = 'import', source = 'x', source_id = '1' WHERE reference = :r"),
        {"r": made.said["imported"]},
    )
    session.commit()
    return made


DUE = ("done", "declined", "imported")
LEFT_ALONE = ("recent", "open", "reopened", "duplicate")


def test_the_contact_goes_and_what_others_asked_for_stays(town: Town) -> None:
    town.forget()
    for name in DUE:
        row = town.of(name)
        assert (row.contacts, row.authors, row.follow_hash) == (0, 0, None)
        # Whoever commented since is still told of answers.
        assert row.reached == 1
        assert row.followers == ["maite@resident.example"]
        # The house's rule flags words and keeps photos.
        assert (row.title, row.photos, row.versions) == (SECRET, 1, 1)
    listed = CliRunner().invoke(retention, ["flagged", "--territory", "bidache"])
    assert [line.split()[0] for line in listed.stdout.splitlines()] == [town.said[name] for name in DUE]


def test_words_go_from_everywhere_and_figures_stay(town: Town, client: FlaskClient) -> None:
    before = {name: town.of(name) for name in DUE}
    town.rule(**STRICT)
    town.forget()
    for name in DUE:
        row, was = town.of(name), before[name]
        assert (row.title, row.body, row.ticket_title, row.answers, row.versions) == (
            "Trou",
            "",
            "Trou",
            {"deep": "yes"},
            0,
        )
        assert (row.state, row.category_id, row.created_at, row.place) == (
            was.state, was.category_id, was.created_at, was.place)  # fmt: skip
        events = town.session.execute(
            text("SELECT type, body, data FROM event WHERE contribution_id = :id ORDER BY id"), {"id": row.id}
        ).all()
        assert events == [("added", None, {}), ("corrected", None, {})]
    ids = [before[name].id for name in DUE]
    left = {name: [row for row in rows if "Etxeberri" in row] for name, rows in town.rows().items()}
    for row in left.pop("contribution"):
        assert json.loads(row)["id"] not in ids
    for rows in left.values():
        assert all(json.loads(row).get("contribution_id") not in ids for row in rows)
    page = client.get(f"/c/{town.said['done']}?lang=fr")
    assert "Le texte a été retiré 730\u00a0jours" in page.text or "Le texte a été retiré 730 jours" in page.text
    assert "C&#39;est fait" in page.text
    assert "removed 730 days after" in client.get(f"/c/{town.said['done']}?lang=en").text
    assert "removed" not in client.get(f"/c/{town.said['open']}?lang=en").text


def test_photos_go_with_their_files_after_the_commit(town: Town) -> None:
    town.rule(**STRICT)
    before = town.files()
    # The same photo was sent to an open report too: its original is not alone.
    shared = town.session.scalar(
        text("SELECT original_key FROM photo JOIN contribution c ON c.id = contribution_id WHERE reference = :r"),
        {"r": town.said["declined"]},
    )
    town.session.execute(
        text(
            "UPDATE photo SET original_key = :key WHERE contribution_id = "
            "(SELECT id FROM contribution WHERE reference = :r)"
        ),
        {"key": shared, "r": town.said["open"]},
    )
    town.session.commit()
    forget_batch(town.session, town.territory)
    assert town.files() == before
    town.session.rollback()
    town.forget()
    gone = before.keys() - town.files().keys()
    assert sum(name.startswith("derived/") for name in gone) == 6
    assert {name for name in gone if name.startswith("originals/")} == {original_key(n * 64) for n in ("1", "3")}
    assert town.files() == {name: data for name, data in before.items() if name not in gone}
    assert [(town.of(name).photos, town.of(name).photo_count) for name in DUE] == [(0, 0)] * 3
    assert set(town.session.scalars(text("SELECT public_key FROM former_picture"))) == {n * 32 for n in "123"}


def test_a_line_of_the_ledger_stays_and_names_nobody(town: Town) -> None:
    town.rule(**STRICT)
    town.forget()
    lines = town.ledger()
    assert [line.reference for line in lines] == [town.said[name] for name in DUE]
    assert {(line.days, line.text, line.photos) for line in lines} == {(730, "clear", "delete")}
    assert lines[0].removed == {"contacts": 1, "texts": 1, "versions": 1, "photos": 1}
    written = json.dumps([dict(line._mapping) for line in lines], default=str)
    assert "eio" not in written and "@" not in written


def test_what_is_open_reopened_recent_or_joined_to_an_open_one_is_untouched(town: Town) -> None:
    before = {name: town.of(name) for name in LEFT_ALONE}
    town.rule(**STRICT)
    town.forget()
    assert {name: town.of(name) for name in LEFT_ALONE} == before


def test_a_dry_run_changes_no_row_and_no_file_and_counts_what_a_run_does(town: Town) -> None:
    town.rule(**STRICT)
    rows, files = town.rows(), town.files()
    dry = CliRunner().invoke(retention, ["run", "--dry-run", "--territory", "bidache"])
    assert dry.exit_code == 0, dry.output
    assert (town.rows(), town.files()) == (rows, files)
    figures = "bidache: 3 contributions, 3 contacts, 3 texts, 3 former texts, 3 photos"
    assert dry.stdout.strip() == f"{figures} (nothing was changed)"
    real = CliRunner().invoke(retention, ["run", "--territory", "bidache"])
    assert real.stdout.strip() == figures
    assert (
        CliRunner().invoke(retention, ["run", "--territory", "bidache"]).stdout.startswith("bidache: 0 contributions")
    )


def test_killed_in_the_middle_and_run_again(town: Town, database_url: str) -> None:
    town.rule(**STRICT)
    first = forget_batch(town.session, town.territory, limit=1)
    town.session.commit()
    files = town.files()
    engine = create_engine(database_url)
    dying = Session(engine)
    forget_batch(dying, town.territory, after=first.last or 0, limit=1)
    pid = dying.scalar(text("SELECT pg_backend_pid()"))
    town.session.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    town.session.commit()
    with pytest.raises(DBAPIError):
        dying.commit()
        dying.execute(text("SELECT 1"))
    dying.close()
    engine.dispose()
    assert len(town.ledger()) == 1
    assert town.files() == files
    assert town.of("declined").contacts == 1
    town.forget()
    rows, left = town.rows(), town.files()
    assert [line.reference for line in town.ledger()] == [town.said[name] for name in DUE]
    town.forget()
    assert (town.rows(), town.files()) == (rows, left)


def test_a_stricter_rule_takes_the_rest_and_a_new_closing_counts_again(town: Town) -> None:
    town.forget()
    town.rule(**STRICT)
    assert town.forget().contacts == 0
    assert town.of("done").body == ""
    town.rule(days=730, text="keep", photos="keep")
    assert town.forget().contributions == 0
    town.session.execute(
        text("UPDATE ticket SET closed_at = closed_at + interval '1 day' WHERE reference = :r"),
        {"r": town.said["done"]},
    )
    town.session.commit()
    assert town.forget().contributions == 1


def test_below_the_minimum_nothing_is_removed(town: Town, client: FlaskClient) -> None:
    town.rule(days=61, text="clear")
    rows = town.rows()
    for options in (["--dry-run"], ["--territory", "bidache"], []):
        refused = CliRunner().invoke(retention, ["run", *options])
        assert refused.exit_code == 1
        assert "62 days" in refused.stderr
    assert town.rows() == rows
    assert client.get("/vie-privee").status_code == 200


def test_the_clock_orders_it_every_day_once(town: Town) -> None:
    assert [task.every_s for task in schedule.TASKS if task.do is schedule.order_retention] == [24 * 3600]
    for _again in range(2):
        schedule.order_retention(town.session)
        town.session.commit()
    ordered = town.session.scalars(text("SELECT subject_id FROM outbox WHERE topic = 'retention.due'")).all()
    assert sorted(ordered) == sorted(made.territory_id for made in town.towns.values())


def test_the_desk_and_programs_read_what_is_left(town: Town, app: Flask) -> None:
    town.account("administrator")
    town.rule(**STRICT)
    town.forget()
    reference = town.said["done"]
    # The queue beside it shows what is open.
    town.session.execute(text("UPDATE ticket SET title = 'Open' WHERE closed_at IS NULL"))
    town.session.commit()
    page = sign_in(app, f"administrator{town.made}@desk.example").get(f"/bureau/{reference}?lang=fr")
    assert page.status_code == 200
    assert "Etxeberri" not in page.text
    answer = app.test_client().get(f"/api/v1/contributions/{reference}")
    assert answer.status_code == 200
    assert "Etxeberri" not in answer.text
    assert answer.json is not None
    assert (answer.json["title"], answer.json["text"]) == ("Trou", "")


def test_history_still_refuses_every_other_change(town: Town) -> None:
    for change in ("body = 'otherwise'", "body = NULL, data = '{}', public = NOT public", "at = now()"):
        with pytest.raises(DBAPIError, match="never changed"):
            town.session.execute(text(f"UPDATE event SET {change} WHERE type IN ('added', 'answer')"))
        town.session.rollback()
    with pytest.raises(DBAPIError, match="never changed"):
        town.session.execute(text("UPDATE event SET body = NULL WHERE type = 'answer'"))
