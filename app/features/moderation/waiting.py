"""What intake asks before it keeps a contribution: does it wait for a moderator, and why? It asks no database."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from flask import current_app, request

from app.core.db import db
from app.core.security import is_limited
from app.features.accounts.access import current_actor
from app.features.accounts.visiting import current_resident
from app.features.contributions.drafts import Draft
from app.features.contributions.services import Wait
from app.features.moderation.hints import should_wait
from app.features.moderation.pace import Pace
from app.features.moderation.proof import HEADER, ProofNeeded, spend_proof
from app.features.territories.blocking import blocking_entry
from app.features.territories.catalogue import Town

MOST: dict[str, int] = {"source": 20, "town": 300}
"""Contributions in ten minutes after which more is odd, when a town says nothing else; 0: never."""


def what_waits(draft: Draft, home: Town) -> Wait | None:
    """Held when its author is on the town's block list, by their contact or by the address they signed in with, or when
    much is sent at this moment and the form came without scripts; read first when the town wishes to read such words
    first. Raises ProofNeeded for a program or a script that sends unusually fast.
    """
    if home.blocked:
        resident = current_resident()
        emails = (draft.contact.email, resident.email if resident else None)
        entry = blocking_entry(home.blocked, emails=emails, phones=(draft.contact.phone,), now=datetime.now(UTC))
        if entry is not None:
            return Wait(held="blocked", entry_id=entry.id)
    if is_limited() and _is_odd(home) and current_actor().anonymous:
        # Our own page sends through the API wherever it can: what comes by the form has no script to work for it, and
        # Open311 knows no such work.
        if not request.path.startswith("/api/"):
            return Wait(held="unproved")
        if not spend_proof(db.session, request.headers.get(HEADER, "")[:4000]):
            raise ProofNeeded
    # What everybody would read. Answers to a category's questions only the service reads: the plate of an abandoned car
    # is asked for there, and must not make its report wait.
    said = [draft.title, draft.text, draft.address]
    return Wait() if should_wait(home.settings, kind=draft.kind, texts=said) else None


def _is_odd(home: Town) -> bool:
    """Count this sending, of its source and of its town, and say whether either is too many."""
    pace: Pace = current_app.extensions["auzolan.pace"]
    most: dict[str, int] = MOST | home.settings.get("proof_of_work", {})
    now = time.time()
    source = pace.hit(f"source {request.remote_addr}", now=now)
    town = pace.hit(f"town {home.id}", now=now)
    return 0 < most["source"] < source or 0 < most["town"] < town
