"""What is kept of a failure tells nobody's address, words or private link; what went wrong stays."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.core.redaction import impersonal, redact, without_secrets

REFUSED = "SMTPRecipientsRefused: {'maite@resident.example': (550, b'5.1.1 <maite@resident.example>: unknown user')}"
UNIQUE = (
    '(psycopg.errors.UniqueViolation) duplicate key value violates unique constraint "uq_account_email"\n'
    "DETAIL:  Key (lower(email))=(maite@resident.example) already exists.\n"
    "[SQL: INSERT INTO account (email) VALUES (%(email)s)]"
)
ROW = (
    'null value in column "geom" of relation "contribution" violates not-null constraint\n'
    "DETAIL:  Failing row contains (7, null, Ma voisine\nMme Etxeberria, 06 12 34 56 78, ...).\n\n"
    "The above exception was the direct cause of the following exception:\n"
)


def test_an_address_goes_and_the_reason_stays() -> None:
    said = impersonal(REFUSED)
    assert "maite" not in said and said.startswith("SMTPRecipientsRefused: {'<address>': (550, b'5.1.1 <<address>>")
    assert "unknown user" in said


def test_the_row_that_the_database_refused_goes() -> None:
    assert impersonal(UNIQUE).endswith('"uq_account_email"\n[SQL: INSERT INTO account (email) VALUES (%(email)s)]')
    assert "Etxeberria" not in impersonal(ROW.replace("DETAIL:", "DÉTAIL :"))
    said = impersonal(ROW)
    assert "Etxeberria" not in said and "06 12" not in said and "voisine" not in said
    assert "not-null constraint" in said and "direct cause" in said


def test_the_password_of_a_server_goes() -> None:
    assert "hunter2" not in impersonal("cannot connect to postgresql://auzolan:hunter2@db.example:5432/auzolan")


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/c/MCO-2341/suivi/kV3xE0yqS1mD9wTzLr5aBg", "/c/MCO-2341/suivi/…"),
        ("/c/MCO-2341/suivi/MTIz.kV3xE0yqS1mD9wTzLr5a_-g/stop", "/c/MCO-2341/suivi/…/stop"),
        ("/moi/entrer/kV3xE0yqS1mD9wTzLr5aBg/", "/moi/entrer/…/"),
        ("/photos/85772ba3271cbbf4f1108895c1f3bbcd/400.jpg", "/photos/…/400.jpg"),
        ("/api/v1/contributions/MCO-2341/comments", "/api/v1/contributions/MCO-2341/comments"),
        ("/tiles/contributions/14/8192/5461.mvt", "/tiles/contributions/14/8192/5461.mvt"),
    ],
)
def test_a_path_that_opens_something_is_told_without_its_key(path: str, kept: str) -> None:
    assert without_secrets(path) == kept
    assert redact(None, "", {"path": path, "status": 200}) == {"path": kept, "status": 200}


LOGGING = """
import logging, smtplib, structlog
from app.core import logs
logs.configure()
try:
    raise smtplib.SMTPRecipientsRefused({"maite@resident.example": (550, b"no")})
except smtplib.SMTPException as error:
    structlog.get_logger().exception("job_failed", error=str(error))
    logging.getLogger("library").exception("it failed for %s", "maite@resident.example")
"""


def test_no_log_of_ours_or_of_a_library_tells_an_address() -> None:
    done = subprocess.run([sys.executable, "-c", LOGGING], capture_output=True, text=True, check=True)
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 2 and all("SMTPRecipientsRefused" in line and "550" in line for line in lines)
    assert "maite" not in done.stderr
