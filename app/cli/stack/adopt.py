"""Commands that work on a town find the one that runs here, without being told its URLs."""

from __future__ import annotations

import os
from pathlib import Path

from app.cli.stack.errors import StackError
from app.cli.stack.places import Places, cache_folder
from app.cli.stack.state import StackState, read_state


def note_running(places: Places) -> None:
    """Remember that a town was started with this data folder; the note outlives it and is checked when read."""
    notes = cache_folder() / "towns"
    notes.mkdir(parents=True, exist_ok=True)
    (notes / places.name).write_text(str(places.data))


def running_towns() -> list[StackState]:
    """Towns that this user started and that still run."""
    found = []
    for note in sorted((cache_folder() / "towns").glob("*")):
        state = read_state(Places(Path(note.read_text())))
        if state and state.is_supervised:
            found.append(state)
        else:
            note.unlink(missing_ok=True)
    return found


def find_town() -> StackState | None:
    """The town of the data folder in force; else, if that folder was not chosen, the only one that runs."""
    state = read_state(Places.at(None))
    if state and state.is_supervised:
        return state
    towns = running_towns()
    return towns[0] if len(towns) == 1 and "AUZOLAN_DATA" not in os.environ else None


def adopt(*, required: bool) -> None:
    """Set `AUZOLAN_*` to the running town's, unless a database is named already.

    Raises `StackError` when a town is `required` and none is found.
    """
    if "AUZOLAN_DATABASE_URL" in os.environ:
        return
    state = find_town()
    if state is None:
        if required:
            others = "".join(f"\n  --data {town.data}" for town in running_towns())
            raise StackError(
                f"No town runs with the data folder {Places.at(None).data}. Start it with `auzolan up`, "
                "or name a database in AUZOLAN_DATABASE_URL." + (f"\nTowns that run here:{others}" if others else "")
            )
        return
    places = Places(Path(state.data))
    values = {
        "AUZOLAN_DATABASE_URL": state.database_url,
        "AUZOLAN_REDIS_URL": state.redis_url,
        "AUZOLAN_DATA": state.data,
        "AUZOLAN_BASE_URL": state.url,
        "AUZOLAN_SECRET_KEY": places.secret_key(),
    }
    for name, value in values.items():
        os.environ.setdefault(name, value)
