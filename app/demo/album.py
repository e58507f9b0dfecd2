"""The demo's photos: each picture drawn and derived once, in another process while the database is written, then stored
for every contribution that shows it under a key of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.images import Derivatives, derive
from app.core.storage import Storage, derived_key, new_derived_token, original_key
from app.demo.past import Said
from app.demo.pictures import draw

WRITERS = 8
"""Files stored at once: each write waits for the disk, not for us."""

_PHOTOS = text(
    """
    INSERT INTO photo (contribution_id, position, original_key, content_type, width, height, size, public_key,
                       placeholder, state, created_at)
    SELECT contribution_id, position, original_key, 'image/jpeg', width, height, size, public_key, placeholder, 'ready',
           at
    FROM jsonb_to_recordset(CAST(:photos AS jsonb)) AS p(
      contribution_id bigint, position int, original_key text, width int, height int, size int, public_key text,
      placeholder text, at timestamptz)
    """
)


class Picture(NamedTuple):
    """An original and its public copies."""

    original: bytes
    copies: Derivatives


def make_picture(name: str) -> Picture:
    """Draw `scene:variant` and derive it, as a worker derives what people send."""
    original = draw(name)
    return Picture(original, derive(original))


class Album:
    """The pictures that a past needs, being made since the moment it was opened."""

    def __init__(self, past: Sequence[Said]) -> None:
        self._past = [said for said in past if said.pictures]
        names = sorted({name for said in self._past for name in said.pictures})
        # A fresh process: a copy of this one would carry its database connection.
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        self._made: dict[str, Future[Picture]] = {name: self._pool.submit(make_picture, name) for name in names}

    def __enter__(self) -> Album:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def store(self, session: Session, storage: Storage, ids: Mapping[str, int]) -> int:
        """Write the files and their rows, ready to be shown; `ids` gives the contribution of each thing said.

        Returns how many photos there are.
        """
        keys = {}
        with ThreadPoolExecutor(WRITERS) as writers:
            waits = []
            for name, future in self._made.items():
                original = future.result().original
                keys[name] = original_key(hashlib.sha256(original).hexdigest())
                waits.append(writers.submit(storage.put, keys[name], original))
            rows = []
            for said in self._past:
                for position, name in enumerate(said.pictures):
                    original, copies = self._made[name].result()
                    token = new_derived_token()
                    waits.append(writers.submit(storage.put, derived_key(token, "1600.jpg"), copies.jpeg_1600))
                    waits.append(writers.submit(storage.put, derived_key(token, "400.jpg"), copies.jpeg_400))
                    rows.append(
                        {
                            "contribution_id": ids[said.key],
                            "position": position,
                            "original_key": keys[name],
                            "width": copies.width,
                            "height": copies.height,
                            "size": len(original),
                            "public_key": token,
                            "placeholder": copies.placeholder,
                            "at": said.at.isoformat(),
                        }
                    )
            for wait in waits:
                wait.result()
        session.execute(_PHOTOS, {"photos": json.dumps(rows)})
        return len(rows)
