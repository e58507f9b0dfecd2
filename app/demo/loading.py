"""The demo, whole, in one transaction: towns, accounts, two years of contributions, their pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core.storage import open_storage
from app.demo.accounts import ACCOUNTS, WELCOME, add_accounts, keep_welcome, welcome
from app.demo.album import Album
from app.demo.past import ZONE, imagine
from app.demo.towns import Towns, add_towns, find_towns
from app.demo.voices import raise_voices
from app.demo.writing import Chronicle, Staff
from app.features.territories.models import Service, Territory

SEED = 7
CONTRIBUTIONS = 1_500


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was written; zero contributions when the demo was there already."""

    territory: str
    contributions: int
    photos: int
    welcome: str


def load_demo(
    session: Session,
    *,
    data: Path,
    storage: str,
    seed: int = SEED,
    contributions: int = CONTRIBUTIONS,
    day: date | None = None,
    tell: Callable[[str, int, int], None] = lambda step, done, total: None,
) -> Loaded:
    """Write the demo town and commit, or do nothing when it is there.

    `data` receives the passwords, `storage` (a location as in settings) the pictures; `day` is the day after the last
    contribution, today if not given. `tell` hears (step, done, total).
    """
    known = find_towns(session)
    if known is not None:
        return Loaded(known.name, 0, 0, read_welcome(data))
    day = day or datetime.now(ZONE).date()
    # Two loads at once: the second waits here, then finds the first one's town.
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('auzolan demo'))"))
    known = find_towns(session)
    if known is not None:
        return Loaded(known.name, 0, 0, read_welcome(data))
    towns = add_towns(session)
    accounts = add_accounts(session)
    past = imagine(seed=seed, day=day, contributions=contributions)
    chronicle = Chronicle(session, towns, seed=seed, day=day, staff=_staff(session, towns, accounts))
    with Album(past) as album:
        chronicle.write(past, tell=lambda done: tell("contributions", done, len(past)))
        photos = album.store(session, open_storage(storage), chronicle.ids)
    raise_voices(session, seed=seed, day=day)
    words = welcome({email: password for email, (_, password) in accounts.items()})
    keep_welcome(data, words)
    session.commit()
    return Loaded(towns.whole.name, len(past), photos, words)


def load_into_empty(session: Session, *, data: Path, storage: str) -> Loaded | None:
    """The demo for an installation that has no territory yet; None when it has."""
    if session.scalar(select(Territory.id).limit(1)) is not None:
        return None
    return load_demo(session, data=data, storage=storage)


def read_welcome(data: Path) -> str:
    """The words kept at the first load; empty when the file is gone."""
    try:
        return (data / WELCOME).read_text()
    except FileNotFoundError:
        return ""


def _staff(session: Session, towns: Towns, accounts: dict[str, tuple[int, str]]) -> Staff:
    services = session.execute(select(Service.slug, Service.id).where(Service.territory_id == towns.whole.id))
    ids = {row.slug: row.id for row in services}
    by_service = {ids[slug]: accounts[one.email][0] for one in ACCOUNTS for slug in one.services}
    dispatcher = next(one for one in ACCOUNTS if one.role == "dispatcher")
    return Staff(by_service, accounts[dispatcher.email][0])
