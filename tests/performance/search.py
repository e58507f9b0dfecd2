"""Searching by words in a large town: the list page for a question, against the same page of contributions read by key.

The questions are of every sort: words that are everywhere, in one text of a thousand, or in a handful; one word or two.
Both pages are asked for in turns, of the same application, and drawn by the same template.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from flask import Flask, render_template, request
from sqlalchemy import text

from app import create_app
from app.core.access import public
from app.core.db import db
from app.features.contributions.listing import _ITEMS, PAGE
from app.features.contributions.pages import Filters, ListPage
from app.features.contributions.views.maps import list_items
from app.settings import DatabaseSettings, Settings
from tests.performance.ground import Ground, percentile, row
from tests.performance.seed import word

QUESTIONS = [
    *(word(rank) for rank in (0, 1, 2, 5, 11, 23, 48, 97, 150, 400, 900, 1_700, 3_500, 7_000, 12_000, 19_000)),
    *(f"{word(a)} {word(b)}" for a, b in ((0, 1), (3, 40), (10, 900), (200, 300), (2, 15_000))),
]
ROUNDS = 12


def measure(ground: Ground) -> Iterator[dict[str, Any]]:
    """The 95th percentile of both, in milliseconds."""
    app = _application(ground.town())
    with app.app_context():
        ids = list(db.session.scalars(text("SELECT id FROM contribution TABLESAMPLE SYSTEM (0.5) REPEATABLE (5)")))
    client, by_key, found = app.test_client(), [], []
    for turn in range(ROUNDS + 1):
        for number, question in enumerate(QUESTIONS):
            start = (turn * len(QUESTIONS) + number) * PAGE % (len(ids) - PAGE)
            keys = ",".join(map(str, ids[start : start + PAGE]))
            began = time.perf_counter()
            assert client.get(f"/bench/by-key?ids={keys}").status_code == 200
            read = time.perf_counter()
            assert client.get("/liste", query_string={"q": question, "period": "0"}).status_code == 200
            if turn:
                by_key.append((read - began) * 1000)
                found.append((time.perf_counter() - read) * 1000)
    value, reference = percentile(found, 0.95), percentile(by_key, 0.95)
    yield row(
        "search: the list page of a question, p95",
        value,
        "ms",
        reference=reference,
        ratio=value / reference,
        bar=3,
        ok=value <= 3 * reference,
    )


def _application(url: str) -> Flask:
    app = create_app(Settings(database=DatabaseSettings(url=url)))

    @app.get("/bench/by-key")
    @public
    def by_key() -> str:
        """Nothing but the keys is known, and they are all that is asked."""
        ids = [int(key) for key in request.args["ids"].split(",")]
        rows = db.session.execute(_ITEMS, {"ids": ids}).all()
        page = ListPage(items=list_items(rows), total=len(rows), filters=Filters())
        return render_template("contributions/list.html", page=page, counts={}, categories=[], zones=[], town="")

    return app
