"""Text as people send it: what no field can hold, what is taken out before it is kept, what cannot be seen."""

from __future__ import annotations

import re
import unicodedata

_SURROGATES = re.compile("[\ud800-\udfff]")
# Overrides and isolates can make a text read as another; plain marks (LRM, RLM, ALM) are needed by real languages.
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROLS = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NEAR = "≈ "
"""Before an address that was found for a place, and is not that place: the street of a park, 80 m away. Pages say it in
words, in the reader's language; to a program it says the same in any."""
_LOOKS_EMPTY = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and signs without ink: Hangul fillers and the Braille blank."""
_INVISIBLE = {"Cc", "Cf", "Zs", "Zl", "Zp", "Mn"}


def impossible_text(words: str) -> str | None:
    """Why a text cannot be kept in PostgreSQL, as a sentence to translate; None when it can."""
    if "\x00" in words:
        return "The text contains a NUL character, which cannot be kept."
    if _SURROGATES.search(words):
        return "This text is not valid Unicode."
    return None


def clean(words: str) -> str:
    """Text as it is kept: NFC, one kind of line end, no control nor override characters, trimmed."""
    words = unicodedata.normalize("NFC", words.replace("\r\n", "\n").replace("\r", "\n"))
    if words.isprintable():
        # Nothing that the expressions look for can be printed.
        return words.strip()
    return _CONTROLS.sub("", _OVERRIDES.sub("", words)).strip()


def one_line(words: str | None) -> str | None:
    """A name, a title or an address as it is kept: cleaned, on one line; None when nothing of it can be seen."""
    line = " ".join(clean(words or "").split())
    return None if is_blank(line) else line


def is_blank(words: str) -> bool:
    """Whether nothing of it can be seen."""
    return all(unicodedata.category(character) in _INVISIBLE or character in _LOOKS_EMPTY for character in words)


def xml_text(words: str) -> str:
    """Without what XML cannot hold."""
    return _NOT_XML.sub("", words)
