"""A geocoder elsewhere that is slow or gone costs one wait, not one for each letter that somebody types."""

import threading

import pytest

from geodata.geocoding import Geocoder, GeocoderBusy, GeocoderUnavailable, GuardedGeocoder, Proposal

STREET = Proposal("Rue Essai", "street", -1.475, 43.493, 80.0, 0.9)


class Elsewhere:
    """Counts the questions; fails as it is told."""

    def __init__(self) -> None:
        self.asked = 0
        self.fails: Exception | None = None
        self.begun, self.end = threading.Event(), threading.Event()
        self.end.set()

    def search(self, text: str, *, near: tuple[float, float] | None = None, limit: int = 5) -> tuple[Proposal, ...]:
        return self.reverse(0, 0)

    def reverse(self, lon: float, lat: float, *, limit: int = 1) -> tuple[Proposal, ...]:
        self.asked += 1
        self.begun.set()
        self.end.wait(30)
        if self.fails:
            raise self.fails
        return (STREET,)


def test_is_a_geocoder_and_passes_answers_on() -> None:
    guarded: Geocoder = GuardedGeocoder(Elsewhere())
    assert guarded.search("rue") == guarded.reverse(-1.475, 43.493) == (STREET,)


@pytest.mark.parametrize(
    ("error", "rest"), [(GeocoderUnavailable("gone"), 20.0), (GeocoderBusy("slow down", 45.0), 45.0)]
)
def test_after_a_failure_nobody_is_asked_for_a_while(error: Exception, rest: float) -> None:
    now = [100.0]
    elsewhere = Elsewhere()
    elsewhere.fails = error
    guarded = GuardedGeocoder(elsewhere, rest_s=20, clock=lambda: now[0])
    with pytest.raises(type(error)):
        guarded.search("rue")
    elsewhere.fails = None
    now[0] += rest - 1
    with pytest.raises(GeocoderUnavailable):
        guarded.reverse(0, 0)
    assert elsewhere.asked == 1
    now[0] += 1
    assert guarded.reverse(0, 0) == (STREET,)


def test_one_question_more_than_doors_does_not_wait() -> None:
    elsewhere = Elsewhere()
    elsewhere.end.clear()
    guarded = GuardedGeocoder(elsewhere, at_once=1)
    slow = threading.Thread(target=guarded.search, args=("rue",))
    slow.start()
    assert elsewhere.begun.wait(30)
    with pytest.raises(GeocoderUnavailable):
        guarded.reverse(0, 0)
    elsewhere.end.set()
    slow.join()
    assert elsewhere.asked == 1
    assert guarded.reverse(0, 0) == (STREET,)
