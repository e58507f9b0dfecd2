"""What intake asks before it keeps a contribution: does it wait for a moderator, and why? It asks no database."""

from __future__ import annotations

from datetime import UTC, datetime

from app.features.accounts.visiting import current_resident
from app.features.contributions.drafts import Draft
from app.features.contributions.services import Wait
from app.features.moderation.hints import should_wait
from app.features.territories.blocking import blocking_entry
from app.features.territories.catalogue import Town


def what_waits(draft: Draft, home: Town) -> Wait | None:
    """Held when its author is on the town's block list, by their contact or by the address they signed in with; read
    first when the town wishes to read such words first.
    """
    if home.blocked:
        resident = current_resident()
        emails = (draft.contact.email, resident.email if resident else None)
        entry = blocking_entry(home.blocked, emails=emails, phones=(draft.contact.phone,), now=datetime.now(UTC))
        if entry is not None:
            return Wait(held="blocked", entry_id=entry.id)
    said = [draft.title, draft.text, *(each for each in draft.answers.values() if isinstance(each, str))]
    return Wait() if should_wait(home.settings, kind=draft.kind, texts=said) else None
