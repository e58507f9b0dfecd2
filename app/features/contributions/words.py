"""Finding contributions by their words: in three languages, with or without accents, and in spite of typing errors.

Each contribution is read in its own language (the column `words`); a question is asked in the three at once. A word
that nobody wrote is replaced by the most alike of those that were (trigrams over `search_word`, refreshed by the
scheduler from the newest public contributions).
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

MOST_CHARACTERS = 200
"""Of a question; nobody reads longer ones aloud."""


# The three dictionaries often read a word alike: each reading is searched for once, and counted once by the planner.
_READINGS = text(
    """
    SELECT string_agg(DISTINCT '(' || read::text || ')', ' | ') FILTER (WHERE numnode(read) > 0)
    FROM unnest(ARRAY[websearch_to_tsquery('auzolan_fr', :words), websearch_to_tsquery('auzolan_en', :words),
                      websearch_to_tsquery('auzolan_eu', :words)]) AS read
    """
)
HAS = "c.words @@ CAST(:words AS tsquery)"
"""A contribution `c` has what is wanted."""
LACKS = "NOT c.words @@ CAST(:without AS tsquery)"
"""It has nothing of what is not wanted: asked apart, for a word that one dictionary does not know, another may."""

_REFERENCE = re.compile(r"\s*([A-Za-z]{2,5})[- ]?(\d{1,9})\s*")
_NOT = re.compile(r"""(?<!\S)-("[^"]*"|\S+)""")
_WORD = re.compile(r"[^\W\d_]{3,40}")

SAMPLE = 50_000
"""Newest public contributions from which the known words are taken: enough for how a town speaks."""


def reference_in(asked: str) -> str | None:
    """The reference that somebody typed (`bay 4817`), as it is written (`BAY-4817`); None where it is not one."""
    found = _REFERENCE.fullmatch(asked)
    return f"{found[1].upper()}-{found[2]}" if found else None


def readings(session: Session, question: str) -> tuple[str, str]:
    """What must be there (all of the words, `"in this order"`, `or`), and what must not (`-word`, `-"in this order"`).

    Both as the text of a `tsquery`; empty for no words at all.
    """
    unwanted = _NOT.findall(question)
    wanted = session.scalar(_READINGS, {"words": _NOT.sub(" ", question)}) or ""
    return wanted, session.scalar(_READINGS, {"words": " or ".join(unwanted)}) or "" if unwanted else ""


_ALIKE = text(
    """
    SELECT asked.word, best.word AS alike FROM unnest(CAST(:words AS text[])) AS asked (word)
    CROSS JOIN LATERAL (
      SELECT s.word FROM search_word s WHERE s.plain % unaccent(lower(asked.word))
      ORDER BY similarity(s.plain, unaccent(lower(asked.word))) DESC, s.n DESC LIMIT 1) AS best
    WHERE NOT EXISTS (SELECT FROM search_word k WHERE k.plain = unaccent(lower(asked.word)))
    """
)


def corrected(session: Session, asked: str) -> str | None:
    """The question with its unknown words replaced by the most alike known ones; None if nothing changes."""
    alike = {row.word: row.alike for row in session.execute(_ALIKE, {"words": sorted(set(_WORD.findall(asked)))})}
    better = _WORD.sub(lambda found: alike.get(found[0], found[0]), asked)
    return better if better != asked else None


_REFRESH = text(
    """
    WITH sample AS (
      SELECT w.word, w.ndoc FROM ts_stat(
        'SELECT to_tsvector(''simple'', concat_ws('' '', c.title, c.body, c.address)) '
        'FROM (SELECT title, body, address FROM contribution WHERE visibility = ''public'' ORDER BY id DESC LIMIT '
        || CAST(:sample AS int) || ') AS c') AS w
      WHERE w.ndoc >= 2 AND w.word ~ '^[[:alpha:]]{3,40}$'),
    known AS (
      SELECT DISTINCT ON (unaccent(word)) unaccent(word) AS plain, word,
             (sum(ndoc) OVER (PARTITION BY unaccent(word)))::int AS n
      FROM sample ORDER BY unaccent(word), ndoc DESC),
    gone AS (DELETE FROM search_word s WHERE NOT EXISTS (SELECT FROM known k WHERE k.plain = s.plain))
    INSERT INTO search_word (plain, word, n) SELECT plain, word, n FROM known
    ON CONFLICT (plain) DO UPDATE SET word = excluded.word, n = excluded.n
      WHERE (search_word.word, search_word.n) IS DISTINCT FROM (excluded.word, excluded.n)
    """
)
_SORT = text("SELECT gin_clean_pending_list('ix_contribution_words')")


def learn_words(session: Session, *, sample: int = SAMPLE) -> int:
    """Take the words that at least two of the newest public contributions use; returns how many are new or changed.

    A word that only hidden ones used is forgotten.
    """
    result: Any = session.execute(_REFRESH, {"sample": sample})
    return int(result.rowcount)


def sort_words(session: Session) -> int:
    """Move the words of what was just written into their index, so that no search has to read them one by one.

    Returns the pages moved.
    """
    return int(session.scalar(_SORT) or 0)
