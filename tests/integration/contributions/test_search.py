"""Searching: the words that people wrote, in their languages, with or without accents, and as they mistype them."""

from __future__ import annotations

from itertools import product

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.contributions.filters import MapFilters, parse_filters
from app.features.contributions.listing import listed_contributions
from app.features.contributions.words import corrected, learn_words, reference_in, sort_words
from tests.integration.contributions.test_tiles import layers, tiles_of_town
from tests.support.naughty import NAUGHTY
from tests.support.town import EAST, NORTH, SOUTH, WEST, Town, make_town

ADDRESS = "/api/v1/contributions"
PART = f"bbox={WEST},{SOUTH},{WEST + 0.001},{SOUTH + 0.001}"
"""A corner of the town where nobody said anything."""
SAID = {
    "lamp": ("L’éclairage est cassé devant l’école", "fr", "12 rue des Écoles"),
    "bench": ("Des bancs à l’ombre, s’il vous plaît", "fr", None),
    "bins": ("The bins are overflowing near the playground", "en", None),
    "trees": ("Zuhaitzak moztu behar dira parkean", "eu", None),
    "sign": ("Éclairer le panneau du stade", "fr", None),
}


@pytest.fixture
def town(session: Session) -> Town:
    made = make_town(session)
    made.category("divers")
    return made


@pytest.fixture
def said(session: Session, town: Town) -> dict[str, str]:
    """What was said, by a short name, with its reference."""
    references = {}
    for name, (words, language, address) in SAID.items():
        town.add(-1.48, 43.49, title=words, address=address)
        references[f"BID-{town.made}"] = name
        session.execute(
            text("UPDATE contribution SET language = :language WHERE reference = :reference"),
            {"language": language, "reference": f"BID-{town.made}"},
        )
    session.commit()
    return references


def found(client: FlaskClient, said: dict[str, str], question: str) -> set[str]:
    answer = client.get(ADDRESS, query_string={"territory": "bidache", "q": question})
    assert answer.status_code == 200, answer.data
    return {said[feature["id"]] for feature in answer.json["features"]}


QUESTIONS = {
    "éclairage": {"lamp"},
    "eclairage": {"lamp"},
    "ECLAIRAGE école": {"lamp"},
    "banc": {"bench"},
    "bin playgrounds": {"bins"},
    "zuhaitzen": {"trees"},
    "parkea": {"trees"},
    "rue des écoles": {"lamp"},
    "banc or bins": {"bench", "bins"},
    "éclairer -stade": set(),
    "éclairage -école": set(),
    "éclairage -stade": {"lamp"},
    '"panneau du stade"': {"sign"},
    '"stade du panneau"': set(),
    "bid-2": {"bench"},
    "BID 3": {"bins"},
    "BID-99999": set(),
}
NO_WORDS = ("%", "_", "'", '"', "--", "& | ! ( :*", "<->", "🙂", "le la les", "-", "((((", "-banc")


def test_questions(client: FlaskClient, said: dict[str, str]) -> None:
    assert {question: found(client, said, question) for question in QUESTIONS} == QUESTIONS


@pytest.mark.parametrize("question", ["RN 10", "rn10", "bus25", "Bus 25"])
def test_what_only_looks_like_a_number_of_ours_is_words(
    session: Session, town: Town, client: FlaskClient, question: str
) -> None:
    town.add(-1.48, 43.49, title=f"Le passage {question} est dangereux")
    town.add(-1.48, 43.49, title="Un banc")
    session.commit()
    answer = client.get(ADDRESS, query_string={"territory": "bidache", "q": question})
    assert [feature["id"] for feature in answer.json["features"]] == ["BID-1"]
    page = client.get("/liste", query_string={"q": question, "lang": "fr"}).text
    assert "/c/BID-1" in page and "/c/BID-2" not in page


def test_what_is_no_word_finds_nothing(client: FlaskClient, said: dict[str, str]) -> None:
    assert {question: found(client, said, question) for question in NO_WORDS} == {
        question: set() for question in NO_WORDS
    }


@pytest.mark.parametrize("question", [" ", "\u200b", "\u2800\u00ad"])
def test_what_cannot_be_seen_is_no_question(client: FlaskClient, said: dict[str, str], question: str) -> None:
    assert found(client, said, question) == set(SAID)
    page = client.get("/liste", query_string={"q": question, "lang": "fr"}).text
    assert page.count('class="item') >= len(SAID) and "Personne n’a écrit" not in page


def test_every_line_of_a_naughty_list_is_searched_for(client: FlaskClient, said: dict[str, str]) -> None:
    for line in NAUGHTY:
        answer = client.get(ADDRESS, query_string={"territory": "bidache", "q": line})
        assert answer.status_code == 200, (line, answer.data)
        assert client.get("/liste", query_string={"q": line}).status_code == 200, line


def test_a_question_of_5000_characters_is_refused_with_words(client: FlaskClient, said: dict[str, str]) -> None:
    answer = client.get(ADDRESS, query_string={"territory": "bidache", "q": "banc " * 1000, "lang": "en"})
    assert answer.status_code == 400
    assert answer.json["errors"] == [{"pointer": "/q", "message": "At most 200 characters."}]
    # On a page, the first 200 characters are what is asked.
    assert client.get("/liste", query_string={"q": "banc " * 1000}).status_code == 200


def test_what_is_hidden_is_not_found_and_not_learnt(session: Session, client: FlaskClient, town: Town) -> None:
    for _ in range(3):
        town.add(-1.48, 43.49, title="Monsieur Xarritegui", visibility="hidden")
    session.commit()
    assert client.get(ADDRESS, query_string={"territory": "bidache", "q": "xarritegui"}).json["features"] == []
    learn_words(session)
    assert corrected(session, "xaritegui") is None


def test_a_mistyped_word_finds_the_most_alike_that_somebody_wrote(session: Session, town: Town) -> None:
    for _ in range(2):
        town.add(-1.48, 43.49, title="L’éclairage du fronton")
    learn_words(session)
    assert corrected(session, "eclairaje fronton") == "éclairage fronton"
    assert corrected(session, "éclairage") is None
    assert corrected(session, "wxyz") is None
    found = listed_contributions(session, MapFilters("bidache").asking("eclairaje"))
    assert (found.instead, len(found.rows), found.total) == ("éclairage", 2, 2)
    assert listed_contributions(session, MapFilters("bidache").asking("éclairage")).instead == ""


def test_words_that_nobody_uses_any_more_are_forgotten(session: Session, town: Town) -> None:
    for _ in range(2):
        town.add(-1.48, 43.49, title="Kiosque")
    assert learn_words(session) == 1
    session.execute(text("UPDATE contribution SET visibility = 'hidden'"))
    learn_words(session)
    assert session.scalar(text("SELECT count(*) FROM search_word")) == 0


def test_words_wait_aside_until_they_are_sorted_and_are_found_meanwhile(
    session: Session, client: FlaskClient, said: dict[str, str]
) -> None:
    assert found(client, said, "éclairage") == {"lamp"}
    assert sort_words(session) > 0
    assert sort_words(session) == 0
    session.commit()
    assert found(client, said, "éclairage") == {"lamp"}


def test_an_edited_text_is_found_by_its_new_words(session: Session, client: FlaskClient, said: dict[str, str]) -> None:
    session.execute(text("UPDATE contribution SET title = 'Le kiosque' WHERE reference = 'BID-1'"))
    session.commit()
    assert found(client, said, "kiosque") == {"lamp"}
    assert found(client, said, "éclairage") == set()


@pytest.mark.parametrize("question", ["éclairage", "bid-4", "éclairer or bins"])
def test_the_tiles_hold_what_the_list_holds(session: Session, said: dict[str, str], question: str) -> None:
    filters = parse_filters([("territory", "bidache"), ("q", question)])
    listed = {row.reference for row in listed_contributions(session, filters).rows}
    assert listed
    near = {point["ref"] for tile in tiles_of_town(17) for point in layers(session, tile, q=question)["points"]}
    assert near == listed
    assert sum(cell["n"] for tile in tiles_of_town(11) for cell in layers(session, tile, q=question)["cells"]) == len(
        listed
    )


def test_a_zone(session: Session, town: Town, client: FlaskClient) -> None:
    west = town.zone("ouest", (WEST, SOUTH, (WEST + EAST) / 2, NORTH))
    town.add(WEST + 0.01, 43.49, zone_ids=[west], title="À l’ouest")
    town.add(EAST - 0.01, 43.49, title="À l’est")
    session.commit()
    features = client.get(f"{ADDRESS}?territory=bidache&zone=ouest").json["features"]
    assert [feature["id"] for feature in features] == ["BID-1"]
    points = [point["ref"] for tile in tiles_of_town(16) for point in layers(session, tile, zone="ouest")["points"]]
    assert points == ["BID-1"]
    unknown = client.get(f"{ADDRESS}?territory=bidache&zone=nord&lang=en")
    assert unknown.json["errors"] == [{"pointer": "/zone", "message": "This town has no zone “nord”."}]
    page = client.get("/liste?zone=ouest&lang=fr").text
    assert "À l’ouest" in page
    assert "À l’est" not in page
    assert '<option value="ouest" selected>ouest</option>' in page
    # A zone that is no more holds nothing, and the page says how to see the rest.
    gone = client.get("/liste?zone=nord&lang=fr").text
    assert "À l’est" not in gone
    assert "Retirer les filtres" in gone and '"?period=0&amp;zone=nord"' in gone
    # Only of a part of the town may one look elsewhere.
    assert "Regardez ailleurs" not in gone
    assert "Regardez ailleurs" in client.get(f"/liste?zone=nord&lang=fr&{PART}").text
    assert "Chercher depuis le début" not in client.get("/liste?zone=nord&period=all&lang=fr").text


def test_what_i_support(session: Session, client: FlaskClient, said: dict[str, str]) -> None:
    assert client.post("/api/v1/contributions/BID-2/support").status_code == 200
    features = client.get(f"{ADDRESS}?territory=bidache&supported=1").json["features"]
    assert [said[feature["id"]] for feature in features] == ["bench"]
    tile = client.get("/tiles/contributions/11/1015/748.mvt?territory=bidache&supported=1")
    assert tile.headers["Cache-Control"] == "private, no-cache"
    client.delete_cookie("auzolan_person")
    assert client.get(f"{ADDRESS}?territory=bidache&supported=1").json["features"] == []
    assert "Rien que vous souteniez" in client.get("/liste?supported=1&lang=fr").text


def test_what_i_wrote(session: Session, client: FlaskClient, said: dict[str, str]) -> None:
    # Supporting makes this browser somebody, who then is given the authorship of another one.
    client.post("/api/v1/contributions/BID-2/support")
    session.execute(
        text(
            "INSERT INTO authorship (contribution_id, person) SELECT c.id, s.person FROM contribution c, support s "
            "WHERE c.reference = 'BID-4'"
        )
    )
    session.commit()
    features = client.get(f"{ADDRESS}?territory=bidache&mine=1").json["features"]
    assert [said[feature["id"]] for feature in features] == ["trees"]
    client.delete_cookie("auzolan_person")
    assert "Rien que vous ayez écrit" in client.get("/liste?mine=1&lang=fr").text


def test_the_list_says_what_it_searched_instead(session: Session, town: Town, client: FlaskClient) -> None:
    for _ in range(2):
        town.add(-1.48, 43.49, title="L’éclairage du fronton")
    learn_words(session)
    session.commit()
    page = client.get("/liste?q=eclairaje&lang=fr").text
    assert "Personne n’a écrit «\xa0eclairaje\xa0». Voici ce qui a été dit de «\xa0éclairage\xa0»." in page
    assert "Personne n’a écrit «\xa0wxyz\xa0»" in client.get("/liste?q=wxyz&lang=fr").text


def test_an_empty_list_leads_out_of_itself(session: Session, town: Town, client: FlaskClient) -> None:
    """Each link leaves one filter away and keeps the others; only of a part is one told to look elsewhere."""
    session.commit()
    address = "q=wxyz&kind=praise&period=7"
    page = client.get(f"/liste?{address}&lang=fr").text
    empty = page[page.index('class="card empty"') :]
    ways = {"Sans ces mots": "?kind=praise&amp;period=7", "Depuis le début": "?kind=praise&amp;period=0&amp;q=wxyz"}
    ways |= {"Problèmes, bravos et idées": "?period=7&amp;q=wxyz", "Retirer les filtres": "?"}
    for words, where in ways.items():
        assert f'<a href="{where}">{words}</a>' in empty
    for nothing, in_part, everywhere in (
        ("kind=praise&period=7", "Regardez ailleurs", "Élargissez l’un d’eux"),
        ("", "Regardez ailleurs", "Remontez plus loin"),
        ("period=0", "Soyez la première personne", "Soyez la première personne"),
    ):
        for path, part in product(("/", "/liste", "/list-fragment"), (PART, "")):
            told = in_part if part else everywhere
            page = client.get(f"{path}?{nothing}&lang=fr&{part}").text
            empty = page[page.index('class="card empty"') :]
            assert told in empty
            assert ("ailleurs" in empty.split("</div>")[0]) == ("ailleurs" in told)
            if path == "/list-fragment":
                assert "&#34;problem&#34;: 0" in page, "the map's chips are told what is left of each kind"
            assert ("Depuis le début" in empty.split("</ul>")[0]) == (nothing != "period=0")


def test_references() -> None:
    assert reference_in(" bay 4817 ") == reference_in("BAY-4817") == reference_in("bay4817") == "BAY-4817"
    assert reference_in("bay-4817 banc") is None
    assert reference_in("ABCDE-1") == "ABCDE-1", "as long as a town's letters may be"
