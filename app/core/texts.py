"""What no field of text can hold, whatever it is for."""

from __future__ import annotations

import re

_SURROGATES = re.compile("[\ud800-\udfff]")


def impossible_text(words: str) -> str | None:
    """Why a text cannot be kept in PostgreSQL, as a sentence to translate; None when it can."""
    if "\x00" in words:
        return "The text contains a NUL character, which cannot be kept."
    if _SURROGATES.search(words):
        return "This text is not valid Unicode."
    return None
