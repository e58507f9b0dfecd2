"""What a town demands of a draft: every complaint at once, each beside its field."""

from __future__ import annotations

import re

from app.core.errors import FieldError
from app.core.texts import clean, impossible_text, is_blank
from app.features.contributions.answers import check_answers
from app.features.contributions.drafts import BODY_MAX, PHOTOS_MAX, TITLE_MAX, Draft
from app.features.territories.catalogue import CategoryFacts, Town

KINDS = ("problem", "praise", "proposal")

# Deliberately loose: what matters is that a mail could be delivered, which only a mail can tell.
_EMAIL = re.compile(
    r"[^@\s,;<>\"\x00-\x1f\x7f-\x9f]{1,64}@[^@\s,;<>\"\x00-\x1f\x7f-\x9f]+\.[^@\s.,;<>\"\x00-\x1f\x7f-\x9f]{2,}"
)
_PHONE = re.compile(r"\+?[0-9][0-9 .()/-]{4,24}")


def check_point(lon: float, lat: float) -> list[FieldError]:
    """Whether WGS84 degrees are possible at all."""
    found = []
    if not -90 <= lat <= 90:
        found.append(
            FieldError("/lat", "A latitude lies between −90 and 90 degrees; this one is %(value)s.", {"value": lat})
        )
    if not -180 <= lon <= 180:
        found.append(
            FieldError("/lon", "A longitude lies between −180 and 180 degrees; this one is %(value)s.", {"value": lon})
        )
    return found


def check_words(draft: Draft) -> list[FieldError]:
    """Whether the text can be read and kept."""
    found = []
    for pointer, words, limit in (("/text", draft.text, BODY_MAX), ("/title", draft.title or "", TITLE_MAX)):
        # Measured as it is kept: a browser sends two characters for the end of a line.
        length = len(clean(words))
        if message := impossible_text(words):
            found.append(FieldError(pointer, message))
        elif length > limit:
            message = "%(length)s characters are too many: keep to %(limit)s."
            found.append(FieldError(pointer, message, {"length": length, "limit": limit}))
    if is_blank(draft.text):
        found.append(FieldError("/text", "Write a sentence, so that somebody can act."))
    return found


def check_category(draft: Draft, found: CategoryFacts | None, town: Town) -> list[FieldError]:
    """Whether the town has this category, open, for this kind."""
    if found is None:
        return [
            FieldError(
                "/category", "%(town)s has no category “%(slug)s”.", {"town": town.name, "slug": draft.category[:80]}
            )
        ]
    if not found.active:
        return [FieldError("/category", "This category is closed for now. Choose another one, your text is kept.")]
    if not found.leaf:
        return [FieldError("/category", "Choose a more precise category inside this one.")]
    if draft.kind not in found.kinds:
        return [FieldError("/category", "This category does not take this kind of contribution.")]
    return []


def email_errors(pointer: str, email: str) -> list[FieldError]:
    """Whether this may be an e-mail address; what really is one, only a mail tells."""
    if _EMAIL.fullmatch(email) and len(email) <= 254:
        return []
    return [FieldError(pointer, "This e-mail address is not complete, for example its end “.fr”.")]


def check_contact(draft: Draft, category: CategoryFacts) -> list[FieldError]:
    """Whether the author can be reached where the category needs it."""
    contact, found = draft.contact, list[FieldError]()
    if contact.email:
        found += email_errors("/contact/email", contact.email)
    if contact.phone and not _PHONE.fullmatch(contact.phone):
        found.append(FieldError("/contact/phone", "Write a telephone number with digits only."))
    if contact.name and len(contact.name) > 120:
        found.append(FieldError("/contact/name", "Keep the name to 120 characters."))
    if category.contact == "required" and not (contact.email or contact.phone):
        found.append(FieldError("/contact/email", "For this category the service must be able to reach you."))
    return found


def check_photos(draft: Draft, category: CategoryFacts) -> list[FieldError]:
    """Whether there are enough photos, and not too many."""
    if len(draft.photos) > PHOTOS_MAX:
        return [FieldError("/photos", "At most %(limit)s photos.", {"limit": PHOTOS_MAX})]
    if category.photo == "required" and not draft.photos:
        return [FieldError("/photos", "For this category a photo is needed.")]
    return []


def check_draft(draft: Draft, category: CategoryFacts, town: Town) -> list[FieldError]:
    """All that the category asks."""
    return [
        *check_answers(category.questions, draft.answers, draft.language),
        *check_contact(draft, category),
        *check_photos(draft, category),
    ]
