"""What operators see and may do: the page, the command."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.cli.jobs import jobs
from app.core import outbox
from app.features.accounts import services
from tests.support.desk import form_token

PASSWORD = "un mot de passe bien long"


@pytest.fixture
def failed(session: Session) -> int:
    """A photo that was given up."""
    made = outbox.add(session, topic="photo", subject_id=1, payload={"request_id": "abc"})
    session.execute(
        text("UPDATE outbox SET failed_at = now(), attempts = 6, last_error = 'MemoryError: too large' WHERE id = :id"),
        {"id": made},
    )
    session.commit()
    return made


def signed_in(app: Flask, session: Session, role: str) -> FlaskClient:
    services.add_account(session, email=f"{role}@bidache.fr", password=PASSWORD, role=role)
    session.commit()
    client = app.test_client()
    page = client.get("/connexion").text
    form = {
        "email": f"{role}@bidache.fr",
        "password": PASSWORD,
        "next": "/exploitation",
        "csrf_token": form_token(page),
    }
    answer = client.post("/connexion", data=form)
    assert answer.status_code == 303, answer.text
    return client


def state_of(session: Session, job: int) -> tuple[bool, int, bool]:
    session.rollback()
    row = session.execute(
        text("SELECT failed_at IS NULL, attempts, due_at <= clock_timestamp() FROM outbox WHERE id = :id"), {"id": job}
    ).one()
    return tuple(row)


def test_the_page_shows_what_failed_in_words_and_tries_again(app: Flask, session: Session, failed: int) -> None:
    client = signed_in(app, session, "administrator")
    page = client.get("/exploitation?lang=en")
    assert page.status_code == 200
    assert "It needed more memory than it may take." in page.text
    assert "No living process for:" in page.text
    answer = client.post("/exploitation/retry", data={"id": failed, "csrf_token": form_token(page.text)})
    assert answer.status_code == 303
    assert state_of(session, failed) == (True, 0, True)
    assert "1 job is tried again." in client.get("/exploitation").text


def test_trying_again_needs_the_form_s_token(app: Flask, session: Session, failed: int) -> None:
    client = signed_in(app, session, "administrator")
    assert client.post("/exploitation/retry", data={"id": failed}).status_code == 400
    assert state_of(session, failed)[0] is False


@pytest.mark.parametrize("role", ["agent", "dispatcher", "manager", "planner"])
def test_only_administrators_enter(app: Flask, session: Session, role: str) -> None:
    client = signed_in(app, session, role)
    assert client.get("/exploitation").status_code == 403


def test_visitors_are_shown_the_door(client: FlaskClient) -> None:
    assert client.get("/exploitation").status_code == 302


def test_the_command_tells_shows_and_tries_again(environment: dict[str, str], session: Session, failed: int) -> None:
    run = CliRunner()
    told = json.loads(run.invoke(jobs, ["status", "--json"]).stdout)
    assert (told["waiting"], told["failed"]) == (0, 1)
    assert told["queues"] == {"intake": 0, "default": 0, "analysis": 0}
    assert set(told["missing"]) == {"relay", "worker-intake", "worker-default", "scheduler"}
    assert told["troubles"][0]["error"] == "MemoryError: too large"
    words = run.invoke(jobs, ["status"]).stdout
    assert "1 given up" in words
    assert "MISSING: relay" in words
    assert "MemoryError: too large" in run.invoke(jobs, ["show", str(failed)]).stdout
    again = run.invoke(jobs, ["retry", "--all"])
    assert again.output == "1 job is tried again.\n"
    assert state_of(session, failed) == (True, 0, True)
    assert run.invoke(jobs, ["retry", str(failed)]).exit_code == 1
    assert run.invoke(jobs, ["show", "999"]).exit_code == 1
    assert run.invoke(jobs, ["retry"]).exit_code == 2
