"""Contrast of a town's colours."""

from __future__ import annotations

import pytest

from app.features.territories.packs.colours import contrast, weak_pairs


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#767676", "#ffffff", 4.54),
        ("#1f5a45", "#ffffff", 8.1),
    ],
)
def test_contrast_as_wcag_counts_it(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.06)
    assert contrast(other, one) == contrast(one, other)


def test_the_house_colours_pass_in_both_themes() -> None:
    assert weak_pairs("light", {}) == []
    assert weak_pairs("dark", {}) == []


def test_what_is_too_pale_is_named_with_what_it_meets() -> None:
    pale = weak_pairs("light", {"brand": "#7fb5a0"})
    assert {(text, ground) for text, ground, _ in pale} == {("on-brand", "brand"), ("brand", "#f6f2ea")}
    assert all(ratio < 4.5 for *_, ratio in pale)
    assert [pair[:2] for pair in weak_pairs("dark", {"link": "#334455"})] == [("link", "#212c2f")]
