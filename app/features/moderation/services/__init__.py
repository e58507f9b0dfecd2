"""The verbs of moderation. They take a session and commit nothing."""

from app.features.moderation.services.blocking import block, unblock
from app.features.moderation.services.decisions import Decided, hide, keep, publish, restore
from app.features.moderation.services.reports import answer_decision, report_abuse

__all__ = [
    "Decided",
    "answer_decision",
    "block",
    "hide",
    "keep",
    "publish",
    "report_abuse",
    "restore",
    "unblock",
]
