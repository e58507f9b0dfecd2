"""What a device shows of one notification: the same words as a mail, shorter; asked again whether it may be told."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from flask_babel import force_locale
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.contributions.mails import one_news, said
from app.features.contributions.reasons import beside
from app.features.notifications.push import SubscriptionEnded, push
from app.features.notifications.services import deliver_once
from app.settings import PushSettings

_SUBSCRIPTION = text("SELECT endpoint, p256dh, auth, language, person FROM push_subscription WHERE id = :id")
WORDS_MOST = 160


def push_notification(
    session: Session, *, notification_id: int, subscription_id: int, settings: PushSettings, data: Path
) -> None:
    """Push it once to one browser; a subscription that its maker has ended is forgotten. The caller commits."""
    row = one_news(session, notification_id)
    kept = session.execute(_SUBSCRIPTION, {"id": subscription_id}).one_or_none()
    if row is None or kept is None or kept.person != row.person:
        return
    with force_locale(kept.language):
        words = " ".join(filter(None, [said(row), *(f"{one}." for one in beside(row.data, at=row.at)), row.body]))
        message = {
            "title": f"{row.title} ({row.reference})",
            "body": words if len(words) <= WORDS_MOST else words[:WORDS_MOST].rsplit(" ", 1)[0] + "…",
            "url": f"/moi/nouvelles/{row.id}",
            "tag": row.reference,
            "lang": kept.language,
        }
    told = {"endpoint": kept.endpoint, "p256dh": kept.p256dh, "auth": kept.auth}
    deliver = partial(push, told, message, settings=settings, data=data)
    try:
        deliver_once(session, key=f"push-{notification_id}-{subscription_id}", channel="push", deliver=deliver)
    except SubscriptionEnded:
        session.execute(text("DELETE FROM push_subscription WHERE id = :id"), {"id": subscription_id})
