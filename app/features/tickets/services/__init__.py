"""Verbs that write tickets: one function, one transaction that the caller commits.

Each takes the ticket's lock by its reference, checks that the actor may, compares the version, writes the change, its
event and, when the public may know, a word in the outbox for the followers.
"""

from app.features.tickets.services.common import CHANGED, Done, fresh_state
from app.features.tickets.services.families import MAX_CHILDREN, attach, detach
from app.features.tickets.services.groups import mark_duplicate, split_contribution, unmark_duplicate
from app.features.tickets.services.places import change_category, change_place, move_contribution, move_to_service
from app.features.tickets.services.states import answer, assign, change_state

__all__ = [
    "CHANGED",
    "MAX_CHILDREN",
    "Done",
    "answer",
    "assign",
    "attach",
    "change_category",
    "change_place",
    "change_state",
    "detach",
    "fresh_state",
    "mark_duplicate",
    "move_contribution",
    "move_to_service",
    "split_contribution",
    "unmark_duplicate",
]
