"""Every commune of France, offline."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import shapely
from shapely.geometry import shape

from geodata import france
from geodata.crs import area_m2, metric_srid
from geodata.france.store import ARCHIVE


@pytest.mark.parametrize(
    ("code", "name", "departement", "km2", "srid", "zone", "arrondissements"),
    [
        ("64102", "Bayonne", "64", 21.7, 2154, "Europe/Paris", 0),
        ("75056", "Paris", "75", 105.4, 2154, "Europe/Paris", 20),
        ("13055", "Marseille", "13", 240.6, 2154, "Europe/Paris", 16),
        ("69123", "Lyon", "69", 47.9, 2154, "Europe/Paris", 9),
        ("97302", "Cayenne", "973", 23.6, 2972, "America/Cayenne", 0),
        ("97611", "Mamoudzou", "976", 41.9, 4471, "Indian/Mayotte", 0),
        ("2A004", "Ajaccio", "2A", 82.0, 2154, "Europe/Paris", 0),
        ("06150", "La Turbie", "06", 7.4, 2154, "Europe/Paris", 0),
    ],
)
def test_a_commune_has_all_that_a_territory_needs(
    code: str, name: str, departement: str, km2: float, srid: int, zone: str, arrondissements: int
) -> None:
    town = france.commune(code)
    assert (town.code, town.name, town.departement, town.time_zone) == (code, name, departement, zone)
    assert town.boundary is not None
    assert town.boundary.is_valid
    # Official surfaces leave out rivers and the sea shore, drawings are generalised: the order must be right.
    assert area_m2(town.boundary) / 1e6 == pytest.approx(km2, rel=0.2)
    assert metric_srid(town.boundary) == srid
    assert len(town.arrondissements) == arrondissements
    for part in town.arrondissements:
        assert part.parent == code
        assert part.boundary is not None
        assert part.boundary.difference(town.boundary).area < 0.05 * part.boundary.area
        assert part.town_hall is not None


def test_the_town_hall_can_be_written_to_and_visited() -> None:
    bayonne = france.commune("64102")
    assert (bayonne.population, bayonne.siren_epci, bayonne.postcodes) == (51228, "200067106", ("64100",))
    hall = bayonne.town_hall
    assert hall is not None
    assert hall.name == "Mairie de Bayonne"
    assert hall.postal_address == "1 avenue Maréchal-Leclerc\n64100 Bayonne"
    assert (hall.email, hall.phone) == ("contact@bayonne.fr", "05 59 46 60 60")
    assert hall.hours == (france.OpeningHours(1, 5, (("09:00", "12:00"), ("13:30", "17:00"))),)
    assert bayonne.boundary is not None
    assert bayonne.boundary.contains(hall.point)


@pytest.mark.parametrize(("code", "words"), [("76351", "du Havre"), ("64024", "d'Anglet"), ("06150", "de la Turbie")])
def test_names_decline(code: str, words: str) -> None:
    assert france.commune(code).genitive == words


def test_former_communes_are_parts() -> None:
    town = france.commune("49126")  # drawn by the source only through its nine former communes
    assert {part.kind for part in town.parts} == {"commune_deleguee"}
    assert len(town.parts) == 9
    assert town.boundary is not None
    assert area_m2(town.boundary) == pytest.approx(sum(area_m2(p.boundary) for p in town.parts), rel=1e-6)


def test_a_place_without_drawing_says_none() -> None:
    assert france.commune("15031").boundary is None
    assert france.commune("75056").town_hall is None


@pytest.mark.parametrize(
    ("siren", "kind", "count"),
    [
        ("200067106", "communaute_agglomeration", 158),
        ("200054781", "metropole", 130),
        ("244400404", "metropole", 24),
    ],
)
def test_intercommunalities_list_their_communes(siren: str, kind: str, count: int) -> None:
    found = france.epci(siren)
    assert (found.kind, len(found.communes)) == (kind, count)
    assert all(france.commune(code).siren_epci == siren for code in found.communes)


def test_neighbours_share_their_border_exactly() -> None:
    shapes = [france.commune(code).boundary for code in france.epci("200067106").communes]
    tree = shapely.STRtree(shapes)
    assert tree.query(shapes, predicate="overlaps").size == 0
    whole = shapely.union_all(shapes)
    assert len(whole.geoms if whole.geom_type == "MultiPolygon" else [whole]) == 1
    assert sum(area_m2(s) for s in shapes) == pytest.approx(area_m2(whole), rel=1e-9)


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [("6012", "06012"), ("Bayone", "64102"), ("75101", "75056"), ("33000", "33063"), ("2A999", "2A099")],
)
def test_an_unknown_code_suggests_what_was_meant(typed: str, suggested: str) -> None:
    with pytest.raises(france.UnknownCommune) as caught:
        france.commune(typed)
    assert suggested in [match.code for match in caught.value.suggestions]
    assert suggested in str(caught.value)


@pytest.mark.parametrize("typed", ["", "99999", "12345678", "../../x", "é", "97999"])
def test_nonsense_is_refused_without_a_guess(typed: str) -> None:
    with pytest.raises(france.UnknownCommune):
        france.commune(typed)


def test_other_unknown_codes_are_refused() -> None:
    with pytest.raises(france.UnknownEpci):
        france.epci("123")
    with pytest.raises(france.UnknownDepartement):
        france.departement("20")
    assert france.departement("2a").name == "Corse-du-Sud"
    assert france.departement("1").code == "01"
    assert france.departement("974").time_zone == "Indian/Reunion"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("bayonne", "64102"),
        ("St Jean de Luz", "64483"),
        ("HAŸ LES ROSES", "94038"),
        ("saint denis", "97411"),
        ("64600", "64024"),
        ("Beausolei", "06012"),
    ],
)
def test_search_forgives_spelling(text: str, code: str) -> None:
    assert france.communes_matching(text)[0].code == code


def test_search_of_nothing_finds_nothing() -> None:
    assert france.communes_matching("  ") == ()
    assert france.communes_matching("zzzzzzzz") == ()


def test_opening_one_commune_reads_a_small_part_of_the_archive() -> None:
    with zipfile.ZipFile(ARCHIVE) as archive:
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    assert ARCHIVE.stat().st_size < 15e6
    assert max(size for name, size in sizes.items() if name.startswith("departements/")) < 600_000


def test_every_commune_is_listed_once_and_can_be_read() -> None:
    with zipfile.ZipFile(ARCHIVE) as archive:
        codes = [line[0] for line in json.loads(archive.read("index.json"))]
    assert len(codes) == len(set(codes)) == 34_875
    # The build checks them all; here a few départements of every sort.
    for departement in ("2B", "15", "48", "75", "92", "971", "976"):
        for code in france.departement(departement).communes:
            boundary = france.commune(code).boundary
            assert boundary is not None or code in {"15031", "15035", "15047", "15171"}
            assert boundary is None or boundary.is_valid


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Bayonne", "BAY"),
        ("Saint-Jean-de-Luz", "SJL"),
        ("Le Havre", "HAV"),
        ("Saint-Denis", "SDE"),
        ("Monaco", "MON"),
        ("Y", "YXX"),
        ("", "XXX"),
    ],
)
def test_prefixes_are_telling(name: str, first: str) -> None:
    assert next(france.prefix_candidates(name)) == first


def test_prefixes_never_run_out_nor_repeat_nor_offend() -> None:
    candidates = list(france.prefix_candidates("Concarneau"))
    assert len(candidates) == len(set(candidates)) > 17_000
    assert all(len(c) == 3 and c.isascii() and c.isupper() for c in candidates)
    assert "CON" not in candidates
    assert candidates == list(france.prefix_candidates("Concarneau"))


@pytest.mark.parametrize(
    "file", ["communes_pays_basque", "communes_nantes_metropole", "communes_metropole_grand_paris"]
)
def test_boundaries_agree_with_the_published_ones(file: str, real_data: Callable[[str], Path]) -> None:
    path = real_data(f"geo/{file}.geojson")
    features = json.loads(path.read_text())["features"]
    compared = []
    for member in features:
        published = shapely.make_valid(shape(member["geometry"]))
        ours = france.commune(member["properties"]["code_insee"]).boundary
        assert ours is not None
        compared.append(area_m2(published.symmetric_difference(ours)) / area_m2(published))
    compared.sort()
    print(f"{file}: median {compared[len(compared) // 2]:.4f}, worst {compared[-1]:.4f} of {len(compared)}")
    assert compared[len(compared) // 2] < 0.08
