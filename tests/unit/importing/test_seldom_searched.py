"""Memory is searched seldom while an import runs, and as before when it has ended."""

from __future__ import annotations

import gc
import weakref

import pytest

from app.importing.garbage import TOLD, seldom_searched


class Ring:
    """Refers to itself: only a search frees it."""

    def __init__(self) -> None:
        self.self = self


def test_what_refers_to_itself_is_freed_after_so_many_reports() -> None:
    told: list[int] = []
    with seldom_searched(told.append) as report:
        ring = weakref.ref(Ring())
        for number in range(TOLD - 1):
            report(number)
        assert ring() is not None
        report(TOLD)
        assert ring() is None
    assert len(told) == TOLD


@pytest.mark.parametrize("enabled", [True, False])
def test_it_is_as_before_however_an_import_ends(enabled: bool) -> None:
    was = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        with pytest.raises(KeyError), seldom_searched(print):
            assert not gc.isenabled()
            raise KeyError
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was else gc.disable)()
