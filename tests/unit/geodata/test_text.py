"""Names as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.text import fold


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Bd. de l'Œuvre", "boulevard de l oeuvre"),
        ("  SAINT-Étienne ", "saint etienne"),
        ("St-Étienne", "saint etienne"),
        ("Ave Saint’Charles", "avenue saint charles"),
        ("Mùnegu", "munegu"),
        ("🚲", ""),
        ("12 bis", "12 bis"),
    ],
)
def test_folds(typed: str, folded: str) -> None:
    assert fold(typed) == folded


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
