"""What a moderator should look at in a text: hints, never verdicts. Pure, and quick on 4,000 characters.

Nothing here hides anything. A town may choose that personal data in a problem waits for a moderator (`should_wait`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

HintKind = Literal["plate", "phone", "email", "link", "name", "repeated", "burst", "insult"]
PERSONAL: Final[frozenset[HintKind]] = frozenset({"plate", "phone", "email"})
REPEATED_FROM = 3
"""From so many times in 24 hours the same text is a hint."""


BURST_FROM = 5
"""From so many times in one hour the same author is a hint."""


@dataclass(frozen=True, slots=True)
class Hint:
    """`found` is the part of the text that made us think so, as it was written."""

    kind: HintKind
    found: str


_LETTER = "[A-HJ-NP-TV-Z]"
# Since 2009 AB-123-CD, without I, O, U. In small letters with spaces, only between what is no word: « de 150 km ».
_PLATE = re.compile(rf"\b{_LETTER}{{2}}[ -]?\d{{3}}[ -]?{_LETTER}{{2}}\b")
_SMALL_PLATE = re.compile(rf"\b{_LETTER}{{2}}-?\d{{3}}-?{_LETTER}{{2}}\b", re.IGNORECASE)
_SHORT_WORDS = (
    "de|le|la|en|et|es|ce|se|ne|me|te|je|ma|ta|sa|va|as|an|at|by|be|he|we|my|ez|da|ba|rn|rd|rm|vc|bd|av|pk|pl|st|ml|cl"
)
_SPOKEN_PLATE = re.compile(
    rf"\b(?!(?:{_SHORT_WORDS}|cd)\b){_LETTER}{{2}} \d{{3}} (?!(?:{_SHORT_WORDS})\b){_LETTER}{{2}}\b", re.IGNORECASE
)
# Until 2009 1234 AB 64: figures, letters, a department.
_OLD_PLATE = re.compile(r"\b\d{2,4}[ -]?[A-HJ-NP-TV-Z]{2,3}[ -]?(?:0[1-9]|[1-8]\d|9[0-5]|2[AB])\b")
# Beyond the border, Spain since 2000: 1234 BCD, without vowels, Ñ or Q; Great Britain since 2001: AB12 CDE.
_SPANISH_PLATE = re.compile(r"\b\d{4}[ -]?[B-DF-HJ-NPR-TV-Z]{3}\b")
_BRITISH_PLATE = re.compile(r"\b(?!RN|RD|RM|CD|VC)[A-Z]{2}\d{2} ?[A-HJ-PR-Z]{3}\b")
_NO_PLATE = re.compile(
    r"KM|CM|MM|KG|DB|RUE|AVE|BIS|TER|LES|DES|SUD|EST|TTC|[KMG]HZ|[KMG]WH|PMR|PDF|DVD|SVP|RDV|VTT|VTC"
)

_PHONES = (
    re.compile(r"(?<![\d+])(?:(?:\+|00)33[ .-]?(?:\(0\)[ .-]?)?|0)[1-9](?:[ .-]?\d{2}){4}(?!\d)"),
    re.compile(r"(?<![\d+])(?:\+|00)34[ .-]?[6-9]\d{2}(?:[ .-]?\d{3}){2}(?!\d)"),
    re.compile(r"(?<![\d+])(?:\+|00)34[ .-]?[6-9]\d{2}(?:[ .-]?\d{2}){3}(?!\d)"),
    # As one dials it in the next country: 943 12 34 56, 020 7946 0958, 07700 900123.
    re.compile(r"(?<![\d+.,-])[6-9]\d{2}(?:(?:[ .-]?\d{3}){2}|(?:[ .-]?\d{2}){3})(?![\d.,-]*\d)"),
    re.compile(r"(?<![\d+])0(?:20 ?\d{4} ?\d{4}|7\d{3} ?\d{6}|1\d{2,3} ?\d{6,7})(?!\d)"),
    re.compile(r"(?<![\d+])\+(?!33|34)[1-9]\d{0,2}(?:[ .-]?\d{2,4}){3,4}(?!\d)"),
)
_EMAIL = re.compile(
    r"(?<![\w.%+-])[\w.%+-]{1,64} ?(?:@|\(at\)|\[at\]) ?[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,4}", re.IGNORECASE
)
_LINK = re.compile(
    r"\b(?:https?://|www\.)[^\s<>]{2,200}|\b[a-z0-9-]{2,63}\.(?:com|fr|net|org|eus|eu|info|io|shop|xyz)\b(?:/[^\s<>]{0,200})?",
    re.IGNORECASE,
)
_CAPITAL = r"[A-ZÀÂÄÇÉÈÊËÎÏÔÖÛÜŸÑ]"
_NAMES = (
    re.compile(
        rf"\b(?:M\.|Mr\.?|Mme\.?|Mlle\.?|Monsieur|Madame|Mademoiselle|Mrs\.?|Ms\.?|Miss|Dr\.?|Docteur) "
        rf"(?P<name>{_CAPITAL}[\w'’-]{{1,30}})(?: {_CAPITAL}[\w'’-]{{1,30}})?"
    ),
    re.compile(rf"\b(?P<name>{_CAPITAL}[\w'’-]{{1,30}}) (?:jauna|andrea|anderea)\b"),
)
_FIRST_NAMES = (
    "Alain|Andre|André|Anne|Bernard|Brigitte|Catherine|Christophe|Claude|Daniel|David|Eric|Éric|Florence|Françoise|Guy|"
    "Isabelle|Jacques|Jean|Julien|Laurent|Louis|Luc|Marc|Marie|Michel|Monique|Nathalie|Nicolas|Olivier|Paul|Philippe|"
    "Pierre|Sophie|Stéphane|Sylvie|Thierry|Thomas|Valérie|Véronique|Yves|"
    "Ainhoa|Aitor|Amaia|Ander|Ane|Beñat|Eneko|Gorka|Iker|Iñaki|Itziar|Jokin|Jon|Josu|Koldo|Leire|Maialen|Maite|Maddi|"
    "Mikel|Miren|Nerea|Oihana|Patxi|Peio|Peyo|Unai|Xabi|Xabier|Xan|"
    "Alice|Andrew|Anthony|Charles|Elizabeth|Emma|George|Henry|James|Jane|John|Karen|Linda|Mark|Mary|Michael|Oliver|"
    "Patricia|Peter|Richard|Robert|Sarah|Susan|William"
)
# « rue Jean Jaurès », "Xabier Zubiri kalea": a place bears the name, nobody is accused.
_OF_A_PLACE = re.compile(
    r"\b(?:rue|avenue|av|boulevard|bd|place|quai|square|école|ecole|collège|college|lycée|lycee|parc|jardin|stade|pont|"
    r"allée|allee|allées|chemin|impasse|esplanade|promenade|salle|gymnase|hôpital|cours|port|rond-point|arrêt|résidence|"
    r"crèche|médiathèque|street|road)\.?(?: \w+){0,2} ?$",
    re.IGNORECASE,
)
_TO_A_PLACE = re.compile(
    r" ?(?:kale|plaza|etorbide|ikastola|eskola|parke|zubi|street|road|avenue|square|park|school)", re.IGNORECASE
)
_WHOLE_NAME = re.compile(rf"\b(?:{_FIRST_NAMES})(?:-{_CAPITAL}[\w'’]{{1,20}})? {_CAPITAL}[\w'’-]{{1,30}}")
_OFFICES = frozenset({"maire", "mairesse", "mayor", "alkate", "prefet", "president", "presidente", "lehendakari"})

INSULTS: Final[Mapping[str, re.Pattern[str]]] = {
    "fr": re.compile(
        "connards?|connasses?|salopes?|salauds?|encule(?:e|s|es)?|putes?|fdp|bougnoules?|pedes?|tapettes?|abruti(?:e|s|es)?"
    ),
    "en": re.compile("(?:ass|arse)holes?|bitch(?:es)?|bastards?|cunts?|fuck(?:s|ed|er|ers|ing)?|wankers?|dickheads?"),
    "eu": re.compile("puta(?:kume|seme)(?:a|ak)?|kabroi(?:a|ak)?|alproja(?:k)?|txotxolo(?:a|ak)?|ergelkume(?:a|ak)?"),
}
"""Small on purpose, and only words that mean nothing else in the two other languages: all three lists are read."""

_WORD = re.compile(r"[^\W\d_]+")


def hints_of(text: str, *, same_text: int = 1, same_author: int = 1) -> tuple[Hint, ...]:
    """What is worth a look in `text`; `same_text` counts how often it was said within 24 hours, `same_author` how often
    its author said anything within an hour, this time included.
    """
    found = [*_plates(text), *_matches("phone", text, _PHONES)]
    emails = list(_matches("email", text, (_EMAIL,)))
    found += emails
    # The host of an address is not a link.
    rest = text
    for hint in emails:
        rest = rest.replace(hint.found, " ")
    found += _matches("link", rest, (_LINK,))
    found += _names(text)
    found += _insults(text)
    if same_text >= REPEATED_FROM and text.strip():
        found.append(Hint("repeated", str(same_text)))
    if same_author >= BURST_FROM:
        found.append(Hint("burst", str(same_author)))
    return tuple(dict.fromkeys(found))


def personal_data(text: str) -> tuple[Hint, ...]:
    """The hints that point at somebody: a plate, a phone number, an e-mail address."""
    return tuple(hint for hint in hints_of(text) if hint.kind in PERSONAL)


def should_wait(settings: Mapping[str, Any], *, kind: str, texts: Iterable[str | None]) -> bool:
    """Whether a contribution waits for a moderator: a problem with personal data, in a town that says `hold`."""
    if kind != "problem" or settings.get("moderation_hints") != "hold":
        return False
    return any(personal_data(text) for text in texts if text)


def _plates(text: str) -> Iterable[Hint]:
    for pattern in (_PLATE, _SMALL_PLATE, _SPOKEN_PLATE, _OLD_PLATE, _SPANISH_PLATE, _BRITISH_PLATE):
        for match in pattern.finditer(text):
            letters = re.findall("[A-Z]+", match[0].upper())
            if not any(_NO_PLATE.fullmatch(part) for part in letters):
                yield Hint("plate", match[0])


def _matches(kind: HintKind, text: str, patterns: Iterable[re.Pattern[str]]) -> Iterable[Hint]:
    for pattern in patterns:
        for match in pattern.finditer(text):
            yield Hint(kind, match[0])


def _names(text: str) -> Iterable[Hint]:
    for pattern in _NAMES:
        for match in pattern.finditer(text):
            if _folded(match["name"]) not in _OFFICES:
                yield Hint("name", match[0])
    for match in _WHOLE_NAME.finditer(text):
        if not _OF_A_PLACE.search(text[: match.start()][-60:]) and not _TO_A_PLACE.match(text[match.end() :]):
            yield Hint("name", match[0])


def _insults(text: str) -> Iterable[Hint]:
    for match in _WORD.finditer(text):
        if any(words.fullmatch(_folded(match[0])) for words in INSULTS.values()):
            yield Hint("insult", match[0])


def _folded(word: str) -> str:
    """Small letters without accents."""
    plain = unicodedata.normalize("NFD", word.lower())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
