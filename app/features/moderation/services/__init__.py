"""The verbs of moderation. They take a session and commit nothing."""

from app.features.moderation.services.blocking import block, unblock
from app.features.moderation.services.covering import cover_photo, read_parts, write_parts
from app.features.moderation.services.decisions import Decided, hide, keep, publish, restore
from app.features.moderation.services.editing import Content, edit, hide_photo, revert, show_photo
from app.features.moderation.services.reports import answer_decision, report_abuse

__all__ = [
    "Content",
    "Decided",
    "answer_decision",
    "block",
    "cover_photo",
    "edit",
    "hide",
    "hide_photo",
    "keep",
    "publish",
    "read_parts",
    "report_abuse",
    "restore",
    "revert",
    "show_photo",
    "unblock",
    "write_parts",
]
