"""The comments about which a moderator has something to decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.accounts.policies import MANAGER, Actor, oversees_territory

# The same rule as `moderation.policies.may_moderate`, as SQL; what waits longest first.
_QUEUE = text(
    """
    SELECT m.id, m.body, m.language, m.state, m.created_at, c.reference, coalesce(c.title, left(c.body, 90)) AS title,
           k.id AS case_id,
           (SELECT jsonb_agg(jsonb_build_object('id', p.id, 'hidden', p.hidden, 'ready', p.state = 'ready')
                             ORDER BY p.position) FROM photo p WHERE p.comment_id = m.id) AS photos, (
             SELECT jsonb_agg(jsonb_build_object('reason', r.reason, 'words', r.words) ORDER BY r.at, r.id)
             FROM abuse_report r WHERE r.case_id = k.id) AS reports
    FROM comment m JOIN contribution c ON c.id = m.contribution_id
    LEFT JOIN ticket t ON t.id = c.ticket_id LEFT JOIN service s ON s.id = t.service_id
    LEFT JOIN abuse_case k ON k.comment_id = m.id AND k.closed_at IS NULL
    WHERE (CASE WHEN :hidden
             THEN m.state = 'hidden' OR m.id IN (SELECT comment_id FROM photo WHERE comment_id IS NOT NULL AND hidden)
           ELSE m.state = 'pending' OR k.id IS NOT NULL END)
      AND (:everywhere OR (:oversees AND (c.territory_id = ANY(CAST(:territories AS int[]))
                                          OR s.territory_id = ANY(CAST(:territories AS int[]))))
           OR (:manages AND t.service_id = ANY(CAST(:services AS int[]))))
    ORDER BY coalesce(k.opened_at, m.created_at), m.id LIMIT 50
    """
)


def comments_to_decide(session: Session, actor: Actor, *, hidden: bool = False) -> Sequence[Any]:
    """Comments that wait or were reported, with their reports; or, `hidden`, those that moderators
    hide, or of which they hide a photo.
    """
    oversees = oversees_territory(actor)
    values = {
        "hidden": hidden,
        "everywhere": oversees and actor.everywhere,
        "oversees": oversees,
        "manages": actor.role == MANAGER,
        "territories": sorted(actor.territory_ids),
        "services": sorted(actor.service_ids),
    }
    return session.execute(_QUEUE, values).all()
