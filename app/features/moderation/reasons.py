"""The codes of moderation: why something is reported or hidden, and how a case ends. Pure."""

from __future__ import annotations

REASONS = ("personal_data", "insult", "off_topic", "dangerous", "advertising", "other")
"""Why a moderator hides; `other` asks for words."""

REPORT_REASONS = ("personal_data", "insult", "off_topic", "dangerous", "other")
"""What a reader may say."""

ANSWER = "author_answer"
"""The author of a hidden contribution answers: one more voice in its case."""

REPORTED = (*REPORT_REASONS, ANSWER)

HIDDEN, RESTORED, PUBLISHED, KEPT = "hidden", "restored", "published", "kept"
CASE_ENDS = (HIDDEN, RESTORED, PUBLISHED, KEPT)
"""How the case of what was reported ends. `kept`: looked at, and nothing is changed."""

EDITED, PHOTO_HIDDEN, PHOTO_RESTORED = "edited", "photo_hidden", "photo_restored"
DECISIONS = (*CASE_ENDS, EDITED, PHOTO_HIDDEN, PHOTO_RESTORED)
"""A moderator's decisions; each is the type of an event that only colleagues read."""

MAX_WORDS = 2_000
