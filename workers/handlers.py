"""What RQ calls. A drain takes whatever waits; a row is one piece of work. Both may run twice."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from importlib import import_module
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import outbox
from app.core.db import database_went_away
from app.core.mail import Mail
from app.features.accounts.residents import ASKED as SIGN_IN
from app.features.contributions import telling
from app.features.contributions.addresses import NAME_PLACES
from app.features.contributions.following import ASKED
from app.features.contributions.pyramid import COUNT_AGAIN, rebuild_cells
from app.features.contributions.share_pictures import DRAW
from app.features.contributions.visibility import WITHDRAW_PHOTOS
from app.features.moderation.jobs import DECIDED
from app.features.participation.jobs import AMENDED, COMMENTED, UNITED
from app.features.residents.exporting import ASKED as EXPORT
from app.features.retention.jobs import DUE as RETENTION
from app.features.retention.jobs import FILES as RETENTION_FILES
from app.features.territories.failing import FAILING
from app.features.territories.processes import CHANGED as PROCESS_CHANGED
from app.features.tickets.placing import Claimed, claim_intake, place
from workers.jobs import DIED, Handler, put_off, run_row
from workers.queues import IN_HAND, connect
from workers.runtime import settings, work_session

log = structlog.get_logger("workers")

DRAIN_S = 3.0
"""Seconds after which a drain ends, whatever waits: the worker must hear a request to stop. The relay asks again."""
LINGER_S = 0.05
"""Seconds that a drain stays after its last row: what comes meanwhile costs no new job."""
PAUSE_S = 0.004
LEASE_S = 30.0
"""Seconds after which a row that a drain took and did not finish is taken again."""


def drain_intake() -> int:
    """Group and route everything that waits, for a few seconds at most; returns how many."""
    with work_session(topic="intake") as session:
        return _drain(session, most=_most_at_once(session))


def _drain(session: Session, *, most: int) -> int:
    began = last = time.monotonic()
    size, total = most, 0
    while (now := time.monotonic()) < min(began + DRAIN_S, last + LINGER_S):
        rows: Sequence[Claimed] = ()
        try:
            rows = claim_intake(session, limit=size)
            if rows:
                _note_in_hand(rows)
                place(session, [row.waiting for row in rows if row.waiting is not None])
            session.commit()
        except Exception as error:
            session.rollback()
            _note_in_hand(())
            if database_went_away(error):
                log.warning("database_went_away")
                return total
            log.exception("batch_failed", rows=len(rows), request_ids=_request_ids(rows))
            if not rows:
                return total
            # A smaller batch next; the row that fails alone is the one to put off.
            size = max(1, len(rows) // 2)
            if len(rows) == 1:
                put_off(session, rows[0].outbox_id, error=error)
                session.commit()
            last = now
            continue
        if rows:
            _note_in_hand(())
            last = time.monotonic()
            log.info("placed", rows=len(rows), ms=round((last - now) * 1000, 1), request_ids=_request_ids(rows))
            total, size = total + len(rows), min(size * 2, most)
        else:
            time.sleep(PAUSE_S)
    return total


def _request_ids(rows: Sequence[Claimed]) -> list[str]:
    return [row.request_id for row in rows if row.request_id]


@cache
def _redis() -> Redis:
    return connect(settings().redis.url, role="drain", timeout_s=1)


def _note_in_hand(rows: Sequence[Claimed]) -> None:
    """Leave word, outside the transaction, of what this drain holds: what kills a process leaves no exception."""
    try:
        if rows:
            _redis().set(IN_HAND, f"{len(rows)} {rows[0].outbox_id}", ex=600)
        else:
            _redis().delete(IN_HAND)
    except RedisError:
        log.warning("redis_went_away")


def _most_at_once(session: Session) -> int:
    """The size of batches: small after a drain that died, so that a row that kills is soon alone, then put off."""
    batch = settings().jobs.batch
    try:
        left: Any = _redis().getdel(IN_HAND)
    except RedisError:
        return batch
    if left is None:
        return batch
    held, outbox_id = map(int, left.split())
    log.warning("a_drain_died", rows=held, outbox_id=outbox_id)
    if held == 1:
        put_off(session, outbox_id, error=DIED)
        session.commit()
    return max(1, held // 8)


_CLAIM_HOTSPOTS = text(
    """
    DELETE FROM outbox WHERE id IN (
      SELECT id FROM outbox WHERE topic = 'hotspots' AND failed_at IS NULL AND due_at <= now()
      ORDER BY id LIMIT 5000 FOR UPDATE SKIP LOCKED)
    RETURNING id, payload
    """
)


def drain_hotspots() -> int:
    """Find the hotspots again wherever something changed; returns how many partitions (territory, category, kind)."""
    with work_session(topic="hotspots") as session:
        rows: Sequence[Any] = ()
        try:
            rows = session.execute(_CLAIM_HOTSPOTS).all()
            hotspots = import_module("app.features.planning.hotspots")
            hotspots.mark_changed(session, [tuple(each) for row in rows for each in row.payload.get("partitions", ())])
            if any(row.payload.get("all") for row in rows):
                hotspots.mark_alive(session)
            # What changed is written down first: then each handful of partitions stands by itself.
            session.commit()
            rows, done = (), 0
            while some := int(hotspots.recompute_changed(session, limit=20)):
                session.commit()
                done += some
        except Exception as error:
            session.rollback()
            if database_went_away(error):
                log.warning("database_went_away")
                return 0
            log.exception("hotspots_failed")
            put_off(session, *(row.id for row in rows), error=error)
            session.commit()
            return 0
        return done


# Leased, one at a time: a row that kills its worker goes behind the others.
_LEASE = text(
    """
    UPDATE outbox SET due_at = now() + make_interval(secs => :lease_s) WHERE id = (
      SELECT id FROM outbox WHERE topic = :topic AND failed_at IS NULL AND due_at <= now()
      ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id
    """
)


def drain_rows(topic: str) -> int:
    """Do a topic's rows one after the other, for a few seconds, where a process for each would cost more than the work.

    Returns how many.
    """
    began, done = time.monotonic(), 0
    while time.monotonic() < began + DRAIN_S:
        with work_session(topic=topic) as session:
            outbox_id = session.scalar(_LEASE, {"topic": topic, "lease_s": LEASE_S})
            session.commit()
        if outbox_id is None:
            break
        run(outbox_id)
        done += 1
    return done


def run(outbox_id: int) -> None:
    """One row of the outbox, by its id."""
    run_row(outbox_id, HANDLERS)


def _derive_photo(session: Session, photo_id: int | None, payload: Mapping[str, Any]) -> None:
    from app.features.contributions.photos import derive_photo

    derive_photo(session, photo_id=photo_id or 0, location=settings().storage.location)


def _tell(session: Session, _: int | None, payload: Mapping[str, Any]) -> None:
    from app.features.participation.services.deciding import decide_together

    telling.tell_of_event(session, event_id=int(payload["event_id"]))
    decide_together(session, event_id=int(payload["event_id"]))


def _tell_of_new(session: Session, _: int | None, payload: Mapping[str, Any]) -> None:
    telling.tell_of_new(session, contribution_ids=payload["contribution_ids"])


def _name_places(session: Session, _: int | None, payload: Mapping[str, Any]) -> None:
    from app.features.contributions.addresses import name_places
    from app.features.territories.geocoders import open_geocoder

    wanted = [int(number) for number in payload["contribution_ids"]]
    name_places(session, contribution_ids=wanted, open_named=partial(open_geocoder, settings=settings()))


def _mail_news(session: Session, notification_id: int | None, payload: Mapping[str, Any]) -> None:
    from app.features.contributions.mails import mails_of_notification

    if _mail(session, mails_of_notification(session, notification_id or 0)):
        telling.mark_mailed(session, notification_id=notification_id or 0)


def _push_news(session: Session, notification_id: int | None, payload: Mapping[str, Any]) -> None:
    from app.features.contributions.pushes import push_notification

    push_notification(
        session,
        notification_id=notification_id or 0,
        subscription_id=int(payload["subscription"]),
        settings=settings().push,
        data=settings().storage.data,
    )


def _mail_digest(session: Session, _: int | None, payload: Mapping[str, Any]) -> None:
    from app.features.contributions.mails import mails_of_digest

    if "site" not in payload:
        # Ordered before digests were each of one town: it is ordered again so.
        return
    asked = {"reader": payload["reader"], "site": int(payload["site"])}
    letters = list(mails_of_digest(session, **asked))
    sent = _mail(session, letters)
    # Nothing to say is said too: what was hidden meanwhile must not be asked for again.
    telling.close_digest(session, **asked, sent=bool(sent) or not letters)


def _ask_follower(session: Session, follow_id: int | None, payload: Mapping[str, Any]) -> None:
    from app.features.contributions.mails import mails_of_wish

    _mail(session, mails_of_wish(session, follow_id or 0))


def _tell_administrators(session: Session, rule_id: int | None, payload: Mapping[str, Any]) -> None:
    from app.features.territories.mails import mails_of_failing_rule

    _mail(session, mails_of_failing_rule(session, rule_id=rule_id or 0, since=str(payload["since"])))


def _mail(session: Session, letters: Iterable[Mail]) -> int:
    """Send each once, however often the job runs; returns how many left now."""
    from app.core.mail import send
    from app.features.notifications.services import deliver_once

    mail, folder, sent = settings().mail, settings().storage.mail_folder, 0
    for letter in letters:
        deliver = partial(send, letter, smtp_url=mail.smtp_url.get_secret_value(), sender=mail.sender, folder=folder)
        sent += deliver_once(session, key=letter.key, channel="mail", deliver=deliver)
    return sent


def _send_sign_in(session: Session, wish_id: int | None, payload: Mapping[str, Any]) -> None:
    from app.features.residents.mails import mails_of_sign_in

    _mail(session, mails_of_sign_in(session, wish_id or 0))


def _prepare_export(session: Session, export_id: int | None, payload: Mapping[str, Any]) -> None:
    from app.core.storage import open_storage
    from app.features.residents.exporting import prepare_export
    from app.features.residents.mails import mails_of_export

    prepare_export(session, open_storage(settings().storage.location), export_id=export_id or 0)
    _mail(session, mails_of_export(session, export_id or 0))


def _tell_of_moderation(session: Session, _: int | None, payload: Mapping[str, Any]) -> None:
    from app.features.moderation.mails import mails_of_decision

    _mail(session, mails_of_decision(session, int(payload["event_id"])))


def _withdraw_photos(session: Session, _: int | None, payload: Mapping[str, Any]) -> None:
    from app.features.moderation.pictures import delete_pictures

    delete_pictures(payload["keys"], location=settings().storage.location)


def _draw_share_picture(session: Session, _: int | None, payload: Mapping[str, Any]) -> None:
    from app.core.storage import open_storage
    from app.features.contributions.share_pictures import draw_picture

    draw_picture(session, open_storage(settings().storage.location), subject=str(payload["subject"]))


def _count_map_again(session: Session, territory_id: int | None, payload: Mapping[str, Any]) -> None:
    rebuild_cells(session, territory_id or 0)


def _settle_counts(session: Session, process_id: int | None, payload: Mapping[str, Any]) -> None:
    from app.features.contributions.supporting import settle_counts

    settle_counts(session, process_id=process_id or 0)


def _tell_of_comment(session: Session, comment_id: int | None, payload: Mapping[str, Any]) -> None:
    from app.features.participation.mails import mails_of_comment

    _mail(session, mails_of_comment(session, comment_id or 0))


def _tell_of_amendment(session: Session, contribution_id: int | None, payload: Mapping[str, Any]) -> None:
    from app.features.participation.mails import mails_of_amendment

    _mail(session, mails_of_amendment(session, contribution_id or 0, number=int(payload["number"])))


def _invite(session: Session, union_id: int | None, payload: Mapping[str, Any]) -> None:
    from app.features.participation.mails import mails_of_union

    _mail(session, mails_of_union(session, union_id or 0))


def _forget_due(session: Session, territory_id: int | None, payload: Mapping[str, Any]) -> None:
    from app.features.retention.services import forget_batch
    from app.features.territories.models import Territory

    territory = session.get(Territory, territory_id)
    if territory is None:
        return
    done = forget_batch(session, territory, after=int(payload.get("after", 0)))
    if done.last is not None:
        # The rest is work of its own: this batch is whole, whatever happens to the next.
        outbox.add(session, topic=RETENTION, subject_id=territory.id, payload={"after": done.last})
        log.info("forgotten", territory=territory.slug, contributions=done.contributions, photos=done.photos)


def _delete_files(session: Session, _: int | None, payload: Mapping[str, Any]) -> None:
    from app.core.storage import open_storage
    from app.features.contributions.sweeping import delete_originals
    from app.features.moderation.pictures import delete_pictures

    location = settings().storage.location
    delete_pictures(payload["public"], location=location)
    delete_originals(session, open_storage(location), payload["originals"])


HANDLERS: Mapping[str, Handler] = {
    "photo": _derive_photo,
    COUNT_AGAIN: _count_map_again,
    "ticket.changed": _tell,
    ASKED: _ask_follower,
    telling.MAIL: _mail_news,
    telling.PUSH: _push_news,
    telling.DIGEST: _mail_digest,
    telling.AREA: _tell_of_new,
    NAME_PLACES: _name_places,
    FAILING: _tell_administrators,
    DECIDED: _tell_of_moderation,
    WITHDRAW_PHOTOS: _withdraw_photos,
    DRAW: _draw_share_picture,
    SIGN_IN: _send_sign_in,
    EXPORT: _prepare_export,
    PROCESS_CHANGED: _settle_counts,
    COMMENTED: _tell_of_comment,
    AMENDED: _tell_of_amendment,
    UNITED: _invite,
    RETENTION: _forget_due,
    RETENTION_FILES: _delete_files,
}
