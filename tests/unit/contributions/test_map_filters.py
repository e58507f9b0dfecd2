"""Filters of the map and of the list, read from a query string."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.core.errors import Invalid
from app.features.contributions.filters import OPEN_STATES, MapFilters, parse_filters
from app.features.contributions.pages import Filters
from app.features.contributions.scope import Resolved, Scope

NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)


def read(query: str) -> MapFilters:
    return parse_filters(parse_qsl(query, keep_blank_values=True), now=NOW)


def test_nothing_asked_is_everything() -> None:
    assert read("") == MapFilters()
    assert read("kind=&category=&state=all&period=all&bbox=&lang=eu&page=3") == MapFilters()


def test_repeated_and_comma_separated_values_are_the_same() -> None:
    assert read("kind=problem&kind=praise") == read("kind=praise,problem") == MapFilters(kinds=("praise", "problem"))
    assert read("category=b, a&category=a").categories == ("a", "b")


def test_all_kinds_and_all_states_ask_for_nothing() -> None:
    assert read("kind=problem,praise,proposal&state=open,closed") == MapFilters()


def test_state_words() -> None:
    assert read("state=open").states == OPEN_STATES
    assert read("state=active").states == ("in_progress",)
    assert read("state=done,planned").states == ("planned", "done")


@pytest.mark.parametrize(
    ("query", "since"),
    [
        ("period=7d", datetime(2026, 11, 16, tzinfo=UTC)),
        ("period=30", datetime(2026, 10, 24, tzinfo=UTC)),
        ("period=1y", datetime(2025, 11, 23, tzinfo=UTC)),
        ("period=0", None),
        ("since=2026-03-31", datetime(2026, 3, 31, tzinfo=UTC)),
        ("since=2026-03-31T08:00:00%2B02:00", datetime(2026, 3, 31, 6, tzinfo=UTC)),
        ("since=0001-01-01", None),
        ("since=2026-03-31&period=7d", datetime(2026, 3, 31, tzinfo=UTC)),
    ],
)
def test_moments(query: str, since: datetime | None) -> None:
    assert read(query).since == since


def test_a_box() -> None:
    assert read("bbox=-1.5,43.4,-1.4,43.6").bbox == (-1.5, 43.4, -1.4, 43.6)


@pytest.mark.parametrize(
    ("query", "pointer", "words"),
    [
        ("kind=complaint", "/kind", "not known here"),
        ("state=lost", "/state", "not known here"),
        ("period=2w", "/period", "Choose a period"),
        ("since=yesterday", "/since", "Write a date"),
        ("changed_since=yesterday", "/changed_since", "Write a date"),
        ("bbox=1,2,3", "/bbox", "four numbers"),
        ("bbox=a,b,c,d", "/bbox", "four numbers"),
        ("bbox=nan,1,2,3", "/bbox", "four numbers"),
        ("bbox=-inf,1,2,3", "/bbox", "four numbers"),
        ("bbox=43.4,-91,43.6,-1.4", "/bbox", "order is west,south,east,north"),
        ("bbox=0,43.4,1,91", "/bbox", "longitude first"),
        ("bbox=-190,43.4,-1.4,43.6", "/bbox", "between -180 and 180"),
        ("bbox=-1.4,43.4,-1.5,43.6", "/bbox", "second corner lies east"),
    ],
)
def test_what_does_not_pass_is_said_beside_its_name(query: str, pointer: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(query)
    (error,) = refused.value.errors
    assert error.pointer == pointer
    assert words in error.message


def test_every_error_is_said_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        read("kind=x&state=y&bbox=z&since=w")
    assert [error.pointer for error in refused.value.errors] == ["/kind", "/state", "/since", "/bbox"]


@given(st.lists(st.tuples(st.sampled_from(["kind", "category", "state", "period", "since", "bbox"]), st.text())))
def test_no_text_breaks_the_parser(pairs: list[tuple[str, str]]) -> None:
    try:
        assert isinstance(parse_filters(pairs, now=NOW), MapFilters)
    except Invalid as refused:
        assert refused.errors


@pytest.mark.parametrize(
    ("states", "standings"),
    [
        ((), (0, 1, 2, 3)),
        (OPEN_STATES, (0,)),
        (("done",), (1,)),
        (("declined", "duplicate"), (2, 3)),
        ((*OPEN_STATES, "done"), (0, 1)),
        (("planned",), None),
        (("planned", "done"), None),
    ],
)
def test_which_states_the_pyramid_can_tell_apart(states: tuple[str, ...], standings: tuple[int, ...] | None) -> None:
    assert Resolved(MapFilters(states=states), Scope((1,), (0, 0, 1, 1)), None).standings == standings


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("all", 0),
        ("0", 0),
        ("7d", 7),
        ("30", 30),
        ("1y", 365),
        ("", 365),
        ("365", 365),
        ("5", 365),
        ("²", 365),
        ("9" * 5000, 365),
    ],
)
def test_a_page_reads_the_periods_of_programs_too(written: str, days: int) -> None:
    assert Filters.read({"period": written}).period == days


@pytest.mark.parametrize(
    "written", ["kind=praise&kind=problem", "kind=praise,problem", "kind=problem&kind=praise,lost"]
)
def test_a_page_reads_kinds_repeated_or_with_commas(written: str) -> None:
    filters = Filters.read(MultiDict(parse_qsl(written)))
    assert filters.kinds == ("problem", "praise")
    assert filters.params() == {"kind": "problem,praise"}
