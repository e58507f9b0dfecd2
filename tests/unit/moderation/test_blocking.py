"""One way of writing what the block list names, and what it recognises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.features.territories.blocking import BlockFacts, blocking_entry, normal

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("phone", "06 12 34 56 78", "+33612345678"),
        ("phone", "+33 (0)6.12.34.56.78", "+33612345678"),
        ("phone", "0033612345678", "+33612345678"),
        ("phone", "+34 612 345 678", "+34612345678"),
        ("phone", "17", None),
        ("email", " Jean+spam@Example.ORG ", "jean@example.org"),
        ("email", "+@example.org", "+@example.org"),
        ("email", "a@émile.fr", "a@xn--mile-9oa.fr"),
        ("email", "example.org", None),
        ("email", "a b@example.org", None),
        ("domain", "@Sub.Example.org.", "sub.example.org"),
        ("domain", "org", None),
        ("domain", "a..org", None),
    ],
)
def test_one_way_of_writing(kind: str, typed: str, kept: str | None) -> None:
    assert normal(kind, typed) == kept
    assert kept is None or normal(kind, kept) == kept


def test_a_domain_stands_for_what_ends_with_it_until_its_last_day() -> None:
    entry = BlockFacts(1, "domain", "example.org", NOW)
    for email, now, held in (
        ("a@example.org", NOW - timedelta(seconds=1), True),
        ("a@b.example.org", NOW - timedelta(seconds=1), True),
        ("a@notexample.org", NOW - timedelta(seconds=1), False),
        ("a@example.org", NOW, False),
        (None, NOW - timedelta(seconds=1), False),
        ("nonsense", NOW - timedelta(seconds=1), False),
    ):
        assert (blocking_entry([entry], emails=[email], phones=[None], now=now) == entry) is held
