"""What the contract's tests know of the town: places in it and out of it, and how to look under the floor."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.core.storage import LocalStorage
from app.features.contributions.photos import derive_photo
from app.features.tickets.placing import drain_intake

PASSWORD = "sept lampadaires"
HERE = {"lon": -1.4748, "lat": 43.4929}
"""In Bayonne, by the cathedral."""
ABSENT = object()
"""A field that is not sent."""

COUNTED = (
    "contribution",
    "contribution_contact",
    "photo",
    "ticket",
    "event",
    "outbox",
    "idempotency",
    "map_cell",
    "support",
    "follow",
)


def good(**given: Any) -> dict[str, Any]:
    """A body that passes, with what is given over it; `ABSENT` takes a field away."""
    body = {"kind": "problem", "category": "pothole", "text": "Un trou devant le 12.", **HERE} | given
    return {name: value for name, value in body.items() if value is not ABSENT}


def part(data: bytes, name: str = "rue.jpg", kind: str = "image/jpeg") -> FileStorage:
    """A file of a multipart body."""
    return FileStorage(io.BytesIO(data), name, content_type=kind)


def post_form(client: FlaskClient, path: str, data: dict[str, Any]) -> Any:
    """Post a multipart body made in memory: the test client would leave files open behind a large one."""
    boundary, body = encode_multipart(data)
    return client.post(path, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def pointers(answer: Any) -> list[str]:
    return [error["pointer"] for error in answer.get_json()["errors"]]


def words(answer: Any) -> str:
    """All that a problem says, in one string."""
    document = answer.get_json()
    return " ".join([document["title"], document["detail"], *(error["message"] for error in document["errors"])])


@dataclass
class House:
    app: Flask
    session: Session
    storage: Path
    clients: dict[str, FlaskClient] = field(default_factory=dict)

    def rows(self) -> dict[str, int]:
        """How many rows each table of what people said has, as committed now."""
        self.session.rollback()
        return {table: self.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in COUNTED}

    def files(self) -> list[str]:
        """Every file in the storage."""
        return sorted(str(path.relative_to(self.storage)) for path in self.storage.rglob("*") if path.is_file())

    def empty(self) -> bool:
        """Whether nothing at all was kept."""
        return not any(self.rows().values()) and not self.files()

    def place(self) -> int:
        """What the intake worker does, now."""
        self.session.rollback()
        done = drain_intake(self.session, limit=500)
        self.session.commit()
        return done

    def develop(self) -> None:
        """What the photo worker does, now."""
        self.session.rollback()
        for (number,) in self.session.execute(text("SELECT id FROM photo WHERE state = 'pending'")).all():
            derive_photo(self.session, photo_id=number, location=str(self.storage))
        self.session.commit()

    def sql(self, statement: str, **values: Any) -> Any:
        """A statement, committed; its first column if it returns rows."""
        self.session.rollback()
        result = self.session.execute(text(statement), values)
        found = result.scalar() if result.returns_rows else None
        self.session.commit()
        return found

    def bearer(self, role: str = "dispatcher") -> dict[str, str]:
        """Headers of somebody signed in through the API."""
        answer = self.app.test_client().post(
            "/api/v1/session", json={"email": f"{role}@bayonne.example", "password": PASSWORD}
        )
        assert answer.status_code == 201, answer.text
        return {"Authorization": f"Bearer {answer.get_json()['token']}"}

    def stored(self) -> LocalStorage:
        return LocalStorage(self.storage)


_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)"[^>]* value="([^"]*)"')


class Page:
    """The form as a browser without scripts sends it: the hidden fields of the page go with what was typed."""

    def __init__(self, client: FlaskClient, kind: str = "problem") -> None:
        self.client, self.path = client, f"/contribuer/{kind}"
        self.read(client.get(self.path).text)

    def read(self, page: str) -> None:
        self.text = page
        # A page has other forms (the language, "that's it"): only the fields of this one are sent with it.
        form = re.search(r'<form[^>]+id="contribution".*?</form>', page, re.DOTALL)
        self.hidden = dict(_HIDDEN.findall(form.group() if form else page))

    def post(self, **typed: Any) -> Any:
        """Send; what was refused is read again, so that the next sending is the corrected page's."""
        body = {
            "category": "pothole",
            "text": "Un trou devant le 12.",
            "lon": str(HERE["lon"]),
            "lat": str(HERE["lat"]),
        }
        data = self.hidden | {k: v for k, v in (body | typed).items() if v is not ABSENT}
        answer = self.client.post(self.path, data=data, content_type="multipart/form-data")
        if answer.status_code == 400:
            self.read(answer.text)
        return answer
