"""A moderator paints over parts of a photo, or lifts a blur that was wrong: its public copies are made again from the
private original, under new addresses, and the old ones are gone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import outbox
from app.core.errors import Invalid, invalid
from app.core.images import Rectangle
from app.features.accounts.policies import Actor
from app.features.contributions.share_pictures import ask_picture
from app.features.contributions.visibility import forget_pictures
from app.features.moderation.reasons import EDITED
from app.features.moderation.services.decisions import Decided, checked_words, record_of_comment
from app.features.moderation.services.editing import locked_photo, record_edit

MOST_PARTS = 40
_CHANGE = text(
    "UPDATE photo SET covered = CAST(:covered AS jsonb), faces_left = :faces_left, state = CASE state "
    "WHEN 'failed' THEN 'pending' ELSE state END WHERE id = :photo"
)


def read_parts(typed: str) -> list[Rectangle]:
    """One part a line, as people write it: left, top, width, height in percent. Raises Invalid that names the line."""
    parts = []
    for number, line in enumerate(typed.splitlines(), 1):
        if not line.strip():
            continue
        written = [word.replace(",", ".") for word in re.split(r"[\s;]+", line.strip().replace("%", ""))]
        if len(written) != 4 or not all(re.fullmatch(r"[0-9]{1,3}(\.[0-9]{0,6})?", word) for word in written):
            raise _no_part(number)
        left, top, width, height = (float(word) / 100 for word in written)
        # What a hand draws to the edge may pass it by a rounding.
        right, bottom = min(1.0, left + width), min(1.0, top + height)
        if not (left < right and top < bottom and left + width < 1.005 and top + height < 1.005):
            raise _no_part(number)
        parts.append((round(left, 5), round(top, 5), round(right, 5), round(bottom, 5)))
    if len(parts) > MOST_PARTS:
        raise invalid("/parts", "At most %(most)s rectangles: hide the photo instead.", most=MOST_PARTS)
    return parts


def write_parts(parts: Sequence[Sequence[float]]) -> str:
    """The same, to be changed."""
    lines = ((left, top, right - left, bottom - top) for left, top, right, bottom in parts)
    return "\n".join(" ".join(f"{round(share * 100, 3):g}" for share in line) for line in lines)


def cover_photo(
    session: Session,
    actor: Actor,
    *,
    photo_id: int,
    parts: Sequence[Rectangle],
    faces_left: bool,
    reason: str,
    tell: bool = True,
) -> Decided:
    """Paint over exactly these parts of a photo that is shown, of a contribution or of a comment, and blur the faces
    that are found or (`faces_left`) none. The log keeps what it was before.

    Raises Invalid (without a reason, or when nothing changes), NotFound, Denied, Conflict.
    """
    try:
        reason = checked_words(reason)
    except Invalid:
        reason = ""
    if not reason:
        raise invalid("/reason", "Say why in a few words: the author will read them.")
    row, photo = locked_photo(session, actor, photo_id, hidden=False)
    wanted = [list(part) for part in parts]
    if wanted == photo.covered and faces_left == photo.faces_left:
        raise invalid("/parts", "Nothing is changed yet.")
    # A worker that makes its pictures at this moment is waited for, and what it made is forgotten too.
    changed = {"photo": photo_id, "covered": json.dumps(wanted), "faces_left": faces_left}
    session.execute(_CHANGE, changed)
    forget_pictures(session, contribution_id=row.id, photo_id=photo_id)
    if photo.comment_state in (None, "public", "pending"):
        outbox.add(session, topic="photo", subject_id=photo_id)
    before = {"covered": photo.covered, "faces_left": photo.faces_left}
    now = {"covered": wanted, "faces_left": faces_left}
    data = {"what": ["photos"], "photo": photo.position + 1, "before": before, "now": now}
    if photo.comment_id is None:
        ask_picture(session, f"contribution:{row.id}")
        return record_edit(session, actor, row, EDITED, words=reason, data=data, what=["photos"], tell=tell)
    tell = tell and row.visibility == "public"
    return record_of_comment(session, actor, row, photo.comment_id, EDITED, words=reason, data=data | {"told": tell})


def _no_part(line: int) -> Invalid:
    return invalid("/parts", "Line %(line)s: write left, top, width and height in percent, as 40 55 12 6.", line=line)
