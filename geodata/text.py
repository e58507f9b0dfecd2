"""Place names as people type them: accents, hyphens, abbreviations and case do not matter."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "’": "'", "ʼ": "'", "ø": "o", "ł": "l"})
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")

#: What is written short on envelopes and in town registers. Only whole words are replaced.
ABBREVIATIONS = {
    "st": "saint", "ste": "sainte", "av": "avenue", "ave": "avenue", "bd": "boulevard", "bld": "boulevard",
    "boul": "boulevard", "bvd": "boulevard", "pl": "place", "sq": "square", "imp": "impasse", "all": "allee",
    "che": "chemin", "chem": "chemin", "ch": "chemin", "rte": "route", "pass": "passage", "prom": "promenade",
    "esp": "esplanade", "fg": "faubourg", "fbg": "faubourg", "lot": "lotissement", "res": "residence",
    "esc": "escalier", "qu": "quai", "crs": "cours", "vla": "villa", "gal": "general", "dr": "docteur",
    "mal": "marechal", "pdt": "president",
}  # fmt: skip


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Lower-case ASCII words with one space between them: `fold("Bd. de l'Œuvre") == "boulevard de l
    oeuvre"`.
    """
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    ascii_only = plain.encode("ascii", "ignore").decode()
    return " ".join(ABBREVIATIONS.get(word, word) for word in _NOT_A_WORD.split(ascii_only) if word)
