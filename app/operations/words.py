"""Errors and topics in the words of who must decide something, not of who wrote the program."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

TOPICS = {
    "intake": _("Grouping and routing"),
    "photo": _("Photos"),
    "hotspots": _("Hotspots"),
    "ticket.changed": _("News to followers"),
    "follow.asked": _("Asking an address whether it wishes to follow"),
    "follow.news": _("News to one follower"),
    "follow.push": _("News pushed to a device"),
    "follow.digest": _("Digests"),
    "follow.area": _("News to those who follow an area"),
    "resident.asked": _("Links to sign in"),
    "resident.export": _("Files of own data"),
    "retention.due": _("Forgetting what is personal, after closing"),
    "retention.files": _("Deleting photos, after closing"),
    "rule.failing": _("News of a failing rule"),
    "share.draw": _("Pictures of shared links"),
}

ROLES = {
    "relay": _("Relay"),
    "worker-intake": _("Worker that groups and routes"),
    "worker-default": _("Worker for photos and the rest"),
    "scheduler": _("Scheduler"),
}

_ERRORS = (
    ("the worker died", _("The process was killed while doing it: not enough memory, or a stop of the machine.")),
    ("JobTimeoutException", _("It took longer than it may.")),
    ("MemoryError", _("It needed more memory than it may take.")),
    ("QueryCanceled", _("The database took longer than it may.")),
    ("DeadlockDetected", _("Two jobs waited for each other; trying again is enough.")),
    ("FileNotFoundError", _("A file is no longer where it was stored.")),
    ("StorageError", _("The file storage did not answer.")),
    ("ConnectionError", _("Another server did not answer.")),
    ("TimeoutError", _("Another server did not answer in time.")),
    ("SMTPRecipientsRefused", _("The mail server refuses this address.")),
    ("SMTP", _("The mail server refused, or did not answer.")),
    ("IntegrityError", _("What it wanted to write contradicts what is there.")),
    ("KeyError", _("The program does not know this kind of job: is an older release still running?")),
    ("ModuleNotFoundError", _("The program does not know this kind of job: is an older release still running?")),
)


def explained(error: str) -> str:
    """A technical error as a sentence."""
    found = next((words for mark, words in _ERRORS if mark in error), None)
    return str(found or _("The program met an error that it does not know."))
