"""Finding places without asking anybody."""

import csv
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString

from geodata import demo
from geodata.crs import distance_m
from geodata.geocoding import AddressRow, BadTable, Geocoder, OfflineGeocoder, StreetLine, read_addresses
from geodata.geocoding.words import Vocabulary

NEAR_CASINO = (7.4277, 43.7395)


@pytest.fixture(scope="module")
def town() -> OfflineGeocoder:
    return demo.geocoder()


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("Rue Grimaldi", "Rue Grimaldi, 98000 Monaco"),
        ("rue grimaldi 98000", "Rue Grimaldi, 98000 Monaco"),
        ("av. de la costa", "Avenue de la Costa, 98000 Monaco"),
        ("bd moulins", "Boulevard des Moulins, 98000 Monaco"),
        ("boulvard des moulns", "Boulevard des Moulins, 98000 Monaco"),
        ("plac du casno", "Place du Casino, 98000 Monaco"),
        ("casino", "Place du Casino, 98000 Monaco"),
        ("30 boulevard princesse charlotte", "30 Boulevard Princesse Charlotte, 98000 Monaco"),
        ("Boulevard Princesse Charlotte 30", "30 Boulevard Princesse Charlotte, 98000 Monaco"),
        ("mairie", "Mairie de Monaco, 98000 Monaco"),
        ("jardin exo", "Jardin Exotique, 98000 Monaco"),
        ("republique beausoleil", "Boulevard de la République, 06240 Beausoleil"),
        ("beausoleil", "06240 Beausoleil"),
        ("MARCHÉ CONDAMINE", "Marché de la Condamine, 98000 Monaco"),
    ],
)
def test_finds_what_people_type(town: OfflineGeocoder, typed: str, label: str) -> None:
    assert label in [proposal.label for proposal in town.search(typed)[:2]]


@pytest.mark.parametrize("typed", ["", "   ", "98000", "xyzzy", "🚲", "!!!", "12", "\x00", "a" * 10_000])
def test_nonsense_finds_nothing_and_breaks_nothing(town: OfflineGeocoder, typed: str) -> None:
    assert town.search(typed) == ()


@given(st.text(max_size=60))
def test_any_text_is_answered(typed: str) -> None:
    for proposal in demo.geocoder().search(typed, near=NEAR_CASINO, limit=3):
        assert 0 < proposal.score <= 1
        assert proposal.distance_m is not None


def test_distances_are_told_and_the_nearer_of_equals_comes_first() -> None:
    rows = [
        AddressRow("street", "", "Rue Haute", "1", "Nord", 0.0, 45.0),
        AddressRow("street", "", "Rue Haute", "2", "Sud", 0.0, 44.9),
    ]
    geocoder = OfflineGeocoder(rows)
    first, second = geocoder.search("rue haute", near=(0.0, 44.9))
    assert (first.label, second.label) == ("Rue Haute, 2 Sud", "Rue Haute, 1 Nord")
    assert first.distance_m == 0
    assert second.distance_m == pytest.approx(11_112, abs=5)
    assert [p.distance_m for p in geocoder.search("rue haute")] == [None, None]
    assert len(geocoder.search("rue haute", limit=1)) == 1


def test_an_unknown_number_gives_the_street_beside_its_nearest_number() -> None:
    rows = [AddressRow("address", str(n), "Rue Longue", "", "Bourg", n / 1000, 45.0) for n in (1, 2, 30, 31)]
    (found,) = OfflineGeocoder(rows).search("28ter rue longue")
    assert (found.label, found.kind, found.lon) == ("Rue Longue, Bourg", "street", 0.03)
    (exact,) = OfflineGeocoder(rows).search("31, rue longue")
    assert (exact.label, exact.kind, exact.lon) == ("31 Rue Longue, Bourg", "address", 0.031)
    assert exact.score > found.score


def test_a_date_in_a_name_is_not_a_house_number() -> None:
    rows = [AddressRow("street", "", "Rue du 8 Mai 1945", "", "Bourg", 0.0, 45.0)]
    for typed in ("8 mai 1945", "rue du 8 mai", "rue du 8 mai 1945"):
        assert [p.label for p in OfflineGeocoder(rows).search(typed)] == ["Rue du 8 Mai 1945, Bourg"]


def test_reverse_says_the_door_then_the_street_and_nothing_at_sea(town: OfflineGeocoder) -> None:
    row = next(row for row in read_addresses(demo.addresses_path()) if row.kind == "address")
    (door,) = town.reverse(row.lon, row.lat)
    assert door.kind == "address"
    assert door.distance_m is not None
    assert door.distance_m < 1
    street = next(street for street in demo.streets() if street.name == "Avenue de Grande-Bretagne")
    spot = street.line.interpolate(0.5, normalized=True)
    found = town.reverse(spot.x, spot.y, limit=4)
    assert "Avenue de Grande-Bretagne, 98000 Monaco" in [proposal.label for proposal in found]
    assert town.reverse(7.46, 43.72) == ()


def test_reverse_measures_on_the_ground_not_in_degrees() -> None:
    # At 60° north a degree of longitude is half a degree of latitude: the eastern line is the nearer one.
    east = StreetLine("Est", "", "Nord", LineString([(10.0015, 59.9), (10.0015, 60.1)]))
    north = StreetLine("Nord", "", "Nord", LineString([(9.9, 60.001), (10.1, 60.001)]))
    found = OfflineGeocoder([], lines=[north, east]).reverse(10.0, 60.0, limit=2)
    assert [proposal.label for proposal in found] == ["Est, Nord", "Nord, Nord"]
    assert found[0].distance_m == pytest.approx(distance_m(10.0, 60.0, 10.0015, 60.0), abs=0.1)


def test_it_keeps_the_promise_of_a_geocoder(town: OfflineGeocoder) -> None:
    geocoder: Geocoder = town
    assert geocoder.search("rue grimaldi")


@given(st.text("abcde", min_size=4, max_size=8), st.integers(0, 7), st.sampled_from("abcdez"))
def test_one_slip_is_forgiven(word: str, place: int, letter: str) -> None:
    vocabulary = Vocabulary([[word]])
    at = place % len(word)
    for typed in (
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at + 1 :],
        word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
    ):
        if len(typed) >= 4:
            assert word in vocabulary.resembling(typed, unfinished=False)


def test_reads_the_national_address_base_in_both_dialects(tmp_path: Path) -> None:
    header = ["id", "numero", "rep", "nom_voie", "code_postal", "nom_commune", "lon", "lat"]
    line = ["x", "12", "bis", "Rue de la Paix", "75002", "Paris", "2.33", "48.86"]
    hollow = ["x", "1", "", "Rue Perdue", "75002", "Paris", "", ""]
    for delimiter, name in ((",", "a.csv"), (";", "b.csv.gz")):
        text = "\ufeff" + "\n".join(delimiter.join(cells) for cells in (header, line, hollow))
        path = tmp_path / name
        data = text.encode()
        path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
        assert list(read_addresses(path)) == [
            AddressRow("address", "12bis", "Rue de la Paix", "75002", "Paris", 2.33, 48.86)
        ]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("empty.csv", b"", "has no column"),
        ("other.csv", b"a,b\n1,2\n", "lon"),
        ("latin.csv", "name,town,lon,lat\nRue de l'Église,Pau,1,2\n".encode("cp1252"), "UTF-8"),
        ("cut.csv.gz", gzip.compress(b"name,town,lon,lat\n" * 99, mtime=0)[:30], "gzip"),
        ("not.csv.gz", b"name,town,lon,lat\n", "gzip"),
        ("broken.csv.gz", gzip.compress(b"name,town,lon,lat\n", mtime=0)[:10] + b"\xff" * 9, "gzip"),
        ("endless.csv", b"name,town,lon,lat\n" + b"a" * 140_000, "CSV"),
    ],
)
def test_a_bad_table_is_refused_with_words(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(BadTable, match=words):
        list(read_addresses(path))


def test_places_paris_reports_where_their_pins_are(real_data: Callable[[str], Path]) -> None:
    table = real_data("addresses/ban_paris_adresses_2024-06.csv.gz")
    reports = real_data("reports/paris_dansmarue_2023-07_2024-12.csv.gz")
    paris = OfflineGeocoder.from_table(table)
    with gzip.open(reports, "rt", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["adresse"]][::100]
    errors = []
    for row in rows:
        for found in paris.search(row["adresse"], limit=1):
            errors.append(distance_m(float(row["lon"]), float(row["lat"]), found.lon, found.lat))
    errors.sort()
    middle, ninth = errors[len(errors) // 2], errors[len(errors) * 9 // 10]
    print(f"{len(errors)} of {len(rows)} found, median {middle:.1f} m, ninth decile {ninth:.1f} m")
    assert len(errors) > 0.98 * len(rows)
    # The pins themselves lie 7.8 m from their address at the median, 23 m at the ninth decile.
    assert middle < 10
    assert ninth < 50
