"""The desk as a browser without scripts uses it: pages, forms, what comes back when something is refused."""

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.desk import PASSWORD, form_token

_VERSION = re.compile(r'name="version" value="(\d+)"')


class Desk:
    """Somebody at the desk, who only sends what the page offers."""

    def __init__(self, app, world, role, services=()):
        self.client = app.test_client()
        self.account = world.account(role, territory="bidache", services=services)
        world.session.commit()
        page = self.client.get("/connexion").text
        data = {"csrf_token": form_token(page), "email": self.account.email, "password": PASSWORD}
        assert self.client.post("/connexion", data=data).location == "/bureau"

    def get(self, path):
        return self.client.get(path)

    def post(self, reference, action, **fields):
        page = self.client.get(f"/bureau/{reference}").text
        data = {"csrf_token": form_token(page), "version": _VERSION.search(page).group(1)} | fields
        return self.client.post(f"/bureau/{reference}/{action}", data=data)


@pytest.fixture
def agent(app, world):
    return Desk(app, world, "agent", ("bidache/voirie",))


@pytest.fixture
def ticket(world):
    reference = world.ticket("bidache/voirie", n=2, title="Trou devant l'école", due_in_days=-2)
    world.contact(reference)
    world.photo(reference, "clefdelaphoto")
    world.session.commit()
    return reference


def state(world, reference):
    world.session.rollback()
    return world.row(reference)


def test_who_is_not_signed_in_is_led_to_the_door_and_back(app, ticket):
    answer = app.test_client().get(f"/bureau/{ticket}?view=team")
    assert answer.status_code == 302
    assert answer.location == f"/connexion?next=/bureau/{ticket}?view%3Dteam"


def test_the_queue_and_its_tabs(world, agent, ticket):
    page = agent.get("/bureau").text
    assert "Trou devant l&#39;école" in page
    assert "Retard 2 j" in page
    assert re.search(r"En retard <b[^>]*>1</b>", page)
    assert re.search(r"Ma file <b[^>]*>0</b>", page)


def test_an_empty_queue_says_so(agent):
    page = agent.get("/bureau")
    assert page.status_code == 200
    assert "Rien n’attend dans cette vue." in page.text.replace("'", "’")


def test_the_ticket_shows_what_was_said_with_its_contact_and_photo(agent, ticket):
    page = agent.get(f"/bureau/{ticket}").text
    assert "peio@resident.example" in page
    assert "/photos/clefdelaphoto/400." in page
    assert "2 contributions" in page


def test_a_planner_reads_without_contact_nor_buttons(app, world, ticket):
    planner = Desk(app, world, "planner")
    page = planner.get(f"/bureau/{ticket}").text
    assert "Trou devant" in page
    assert "peio@resident.example" not in page
    assert "coordonnées non visibles" in page
    assert 'id="answer"' not in page
    assert "/transfert" not in page


def test_why_it_is_here_shows_what_each_rule_says(app, world, ticket, agent):
    rule = {"slug": "sur-la-place", "position": 1, "name": '{"fr": "Sur la place", "en": "On the square"}'}
    world.session.execute(
        text(
            "INSERT INTO routing_rule (territory_id, slug, position, name, conditions, service_id) "
            'SELECT territory_id, :slug, :position, CAST(:name AS jsonb), \'{"kind": "praise"}\', service_id '
            "FROM ticket WHERE reference = :reference"
        ),
        rule | {"reference": ticket},
    )
    world.session.execute(text("UPDATE territory SET config_version = config_version + 1"))
    world.session.commit()
    assert f"/bureau/{ticket}/pourquoi" in agent.get(f"/bureau/{ticket}").text
    page = agent.get(f"/bureau/{ticket}/pourquoi").text
    assert "Sur la place" in page and "Elle ne s’applique pas" in page
    assert "Avec les règles d’aujourd’hui" in page  # nothing was kept with this ticket
    stranger = Desk(app, world, "agent", ("bidache/eclairage",))
    assert stranger.get(f"/bureau/{ticket}/pourquoi").status_code == 404


def test_another_services_ticket_is_not_there(app, world, ticket):
    stranger = Desk(app, world, "agent", ("bidache/eclairage",))
    assert stranger.get(f"/bureau/{ticket}").status_code == 404
    assert ticket not in stranger.get("/bureau?view=team").text
    token = form_token(stranger.get("/bureau").text)
    data = {"csrf_token": token, "version": "1", "state": "accepted"}
    assert stranger.client.post(f"/bureau/{ticket}/parole", data=data).status_code == 404
    assert state(world, ticket).version == 1


def test_answer_close_and_reopen(world, agent, ticket):
    assert agent.post(ticket, "parole", text="Nous passons lundi.", public="yes", state="").status_code == 303
    assert agent.post(ticket, "parole", text="Réparé.", public="yes", state="done").status_code == 303
    assert state(world, ticket).state == "done"
    assert agent.post(ticket, "parole", text="Il est revenu.", public="yes", state="reopened").status_code == 303
    assert state(world, ticket).state == "reopened"
    assert [event.body for event in world.events(ticket)] == ["Nous passons lundi.", "Réparé.", "Il est revenu."]
    page = agent.get(f"/bureau/{ticket}").text
    assert page.index("Il est revenu.") < page.index("Nous passons lundi.")


def test_a_note_beside_a_change_of_state_stays_inside(world, agent, ticket):
    agent.post(ticket, "parole", text="Voir avec Xabi.", public="no", state="accepted")
    assert [(event.type, event.public) for event in (state(world, ticket), world.events(ticket))[1]] == [
        ("note", False),
        ("state", True),
    ]


def test_closing_without_a_word_comes_back_with_a_sentence_and_changes_nothing(world, agent, ticket):
    answer = agent.post(ticket, "parole", text="  ", public="yes", state="done")
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.text
    assert state(world, ticket).version == 1
    # Words between colleagues are no answer to the public: nothing of the two is written.
    answer = agent.post(ticket, "parole", text="fait", public="no", state="done")
    assert answer.status_code == 400
    assert ">fait</textarea>" in answer.text
    assert state(world, ticket).version == 1
    assert world.events(ticket) == []


def test_an_old_page_is_a_conflict_that_keeps_the_words(world, agent, ticket):
    page = agent.get(f"/bureau/{ticket}").text
    token = form_token(page)
    agent.post(ticket, "attribution")
    data = {"csrf_token": token, "version": "1", "text": "Ma longue réponse", "state": "", "public": "yes"}
    answer = agent.client.post(f"/bureau/{ticket}/parole", data=data)
    assert answer.status_code == 409
    assert ">Ma longue réponse</textarea>" in answer.text
    assert "entre-temps" in answer.text
    assert _VERSION.search(answer.text).group(1) == "2"
    assert [event.type for event in (state(world, ticket), world.events(ticket))[1]] == ["assigned"]


@pytest.mark.parametrize("data", [{"version": "1"}, {"version": "1", "csrf_token": "forged"}])
def test_without_its_token_a_form_does_nothing(world, agent, ticket, data):
    answer = agent.client.post(f"/bureau/{ticket}/attribution", data=data)
    assert answer.status_code == 400
    assert state(world, ticket).assignee_id is None


def test_take_and_give_back(world, agent, ticket):
    agent.post(ticket, "attribution")
    assert state(world, ticket).assignee_id == agent.account.id
    assert re.search(r"Ma file <b[^>]*>1</b>", agent.get("/bureau").text)
    agent.post(ticket, "attribution", assignee="nobody")
    assert state(world, ticket).assignee_id is None


def test_a_manager_gives_to_a_colleague_named_in_the_menu(app, world, agent, ticket):
    manager = Desk(app, world, "manager", ("bidache/voirie",))
    page = manager.get(f"/bureau/{ticket}").text
    assert f'<option value="{agent.account.id}">{agent.account.name}</option>' in page
    manager.post(ticket, "attribution", assignee=str(agent.account.id))
    assert state(world, ticket).assignee_id == agent.account.id
    assert f"Confié à {agent.account.name}" in manager.get(f"/bureau/{ticket}").text


def test_moving_away_leads_back_to_the_queue(world, agent, ticket):
    answer = agent.post(ticket, "transfert", service="eclairage", why="C'est un câble")
    assert (answer.status_code, answer.location.split("?")[0]) == (303, "/bureau")
    assert f"{ticket} est passé" in agent.get("/bureau").text
    assert state(world, ticket).service == "eclairage"


def test_planning_a_day_and_declining_with_a_reason(world, agent, ticket):
    answer = agent.post(ticket, "parole", text="", public="yes", state="planned", planned_on="hier")
    assert answer.status_code == 400
    assert 'value="hier"' in answer.text
    assert agent.post(ticket, "parole", public="yes", state="planned", planned_on="2999-01-02").status_code == 303
    assert state(world, ticket).due_at.year == 2999
    assert agent.post(ticket, "parole", public="yes", state="declined", reason="private").status_code == 303
    assert world.events(ticket)[-1].data == {"reason": "private"}


def test_joining_listing_and_undoing(world, agent, ticket):
    other = world.ticket("bidache/voirie", dx=0.0002, title="Même trou")
    world.session.commit()
    assert f'<option value="{ticket}">' in agent.get(f"/bureau/{other}").text
    agent.post(other, "doublon", of=ticket)
    assert state(world, other).state == "duplicate"
    assert f'href="/bureau/{other}"' in agent.get(f"/bureau/{ticket}").text
    page = agent.get(f"/bureau/{other}").text
    assert f'href="/bureau/{ticket}"' in page
    assert "Annuler" in page
    agent.post(other, "parole", state="new", public="yes", text="")
    assert state(world, other).duplicate_of_id is None
    assert agent.post(other, "doublon", of=other).status_code == 400


def test_gathering_children_closing_them_and_letting_them_go(app, world, agent, ticket):
    children = [world.ticket("bidache/voirie", dx=n / 1000, title=f"Regard {n} bouché") for n in (1, 2)]
    lamp = world.ticket("bidache/eclairage", dx=0.003, title="Mât dans l'eau")
    world.session.commit()
    assert agent.post(ticket, "parent", child=children[0].lower()).status_code == 303
    assert agent.post(children[1], "parent", parent=ticket).status_code == 303
    page = agent.get(f"/bureau/{ticket}").text
    assert "2 enfants" in page
    assert "Le clore clôt aussi ses 2 enfants ouverts" in page
    assert all(f'href="/bureau/{child}"' in page for child in children)
    assert f'href="/bureau/{ticket}"' in agent.get(f"/bureau/{children[0]}").text
    # Of another service, it does not exist here; the number comes back with the sentence.
    answer = agent.post(ticket, "parent", child=lamp)
    assert answer.status_code == 400
    assert f"Aucun ticket sur lequel vous pouvez agir ne porte le numéro {lamp}." in answer.text
    assert f'value="{lamp}"' in answer.text
    agent.post(children[1], "detachement")
    assert state(world, children[1]).parent_id is None
    agent.post(ticket, "parole", text="Sec.", public="yes", state="done")
    assert [state(world, child).state for child in children] == ["done", "new"]
    assert "clos avec son parent" in agent.get(f"/bureau/{children[0]}").text
    agent.post(ticket, "detachement", child=children[0])
    assert state(world, children[0]).parent_id is None


def test_a_mistyped_number_comes_back_on_the_page(agent, ticket):
    answer = agent.post(ticket, "doublon", of="BID-999")
    assert answer.status_code == 404
    assert "Aucun ticket ne porte ce numéro." in answer.text
    assert "Trou devant" in answer.text


def test_taking_a_contribution_out(world, agent, ticket):
    members = world.session.scalars(
        text("SELECT reference FROM contribution WHERE ticket_id = :t ORDER BY id"), {"t": world.row(ticket).id}
    ).all()
    assert members[1] in agent.get(f"/bureau/{ticket}").text
    agent.post(ticket, "separation", contribution=members[1])
    assert state(world, members[1]).state == "new"


def test_correcting_the_category(world, agent, ticket):
    agent.post(ticket, "categorie", category="lampadaire")
    assert state(world, ticket).service == "eclairage"


def test_correcting_the_place_by_coordinates(world, agent, ticket):
    answer = agent.post(ticket, "lieu", lat="43,4905", lon="-1.4725", address="")
    assert answer.status_code == 303
    row = state(world, ticket)
    where = "SELECT ST_X(anchor), ST_Y(anchor) FROM ticket WHERE id = :id"
    assert world.session.execute(text(where), {"id": row.id}).one() == (-1.4725, 43.4905)
    placed = world.events(ticket)[0]
    assert (placed.type, placed.data["from"], placed.data["to"]) == ("place", [-1.475, 43.49], [-1.4725, 43.4905])
    assert [event.type for event in world.events(ticket)] == ["place", "routed"]
    page = agent.get(f"/bureau/{ticket}").text
    assert "Lieu corrigé" in page
    assert "c’était à 43.49, -1.475 · à 210 m" in page.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def addresses(world, environment):
    """The town's own index of addresses."""
    folder = Path(environment["AUZOLAN_DATA"]) / "addresses"
    folder.mkdir(parents=True)
    (folder / "pays.csv").write_text(
        "kind,number,name,postcode,town,lon,lat\naddress,12,Quai des Corsaires,64520,Bidache,-1.4712,43.4921\n"
    )
    world.session.execute(text("UPDATE territory SET settings = jsonb_build_object('geocoder', 'pays.csv')"))
    world.session.execute(text("UPDATE territory SET config_version = config_version + 1"))
    world.session.commit()


def test_correcting_the_place_by_an_address_without_scripts(world, addresses, agent, ticket):
    assert agent.post(ticket, "lieu", address="12 quai des Corsaires", lat="", lon="").status_code == 303
    row = world.session.execute(
        text("SELECT ST_X(geom) AS lon, ST_Y(geom) AS lat, address FROM contribution WHERE reference = :r"),
        {"r": ticket},
    ).one()
    assert tuple(row) == (-1.4712, 43.4921, "12 quai des Corsaires")
    state(world, ticket)
    data = world.events(ticket)[0].data
    assert (data["address_from"], data["address_to"]) == ("", "12 quai des Corsaires")
    answer = agent.post(ticket, "lieu", address="12 rue des Dragons", lat="", lon="")
    assert answer.status_code == 400
    assert "Cette adresse n’est pas connue ici" in answer.text.replace("&#39;", "’")
    assert 'value="12 rue des Dragons"' in answer.text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({}, "address"),
        ({"lat": "nord", "lon": "-1.47"}, "lat"),
        ({"lat": "43.49"}, "lat"),
        ({"lat": "48.85", "lon": "2.35"}, "lat"),
        ({"lat": "nan", "lon": "-1.47"}, "lat"),
        ({"lat": "43.49", "lon": "-1.475"}, "lat"),
        ({"lat": "43.492", "lon": "-1.475", "address": "x" * 301}, "address"),
    ],
)
def test_a_place_that_says_nothing_comes_back_as_typed(world, agent, ticket, typed, field):
    answer = agent.post(ticket, "lieu", **typed)
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert all(f'value="{words}"' in answer.text for words in typed.values())
    assert state(world, ticket).version == 1
    assert world.events(ticket) == []


def test_who_only_reads_moves_nothing(app, world, ticket):
    planner = Desk(app, world, "planner")
    assert "/lieu" not in planner.get(f"/bureau/{ticket}").text
    token = form_token(planner.get("/bureau").text)
    data = {"csrf_token": token, "version": "1", "lat": "43.4905", "lon": "-1.4725"}
    assert planner.client.post(f"/bureau/{ticket}/lieu", data=data).status_code == 403
    assert state(world, ticket).version == 1


def test_searching_by_number_opens_and_by_words_lists(agent, ticket):
    answer = agent.get(f"/bureau?q={ticket.lower()}")
    assert (answer.status_code, answer.location.split("?")[0]) == (303, f"/bureau/{ticket}")
    assert "Trou devant" in agent.get("/bureau?q=école").text
    assert "Trou devant" not in agent.get("/bureau?q=baleine").text


def test_the_number_of_a_contribution_that_joined_opens_the_ticket(world, agent, ticket):
    """Who telephones tells the number on their own receipt."""
    last = "SELECT max(c.id) FROM contribution c JOIN ticket t ON t.id = c.ticket_id WHERE t.reference = :r"
    world.session.execute(text(f"UPDATE contribution SET reference = 'BID-90001' WHERE id = ({last})"), {"r": ticket})
    world.session.commit()
    answer = agent.get("/bureau?q=bid-90001")
    assert (answer.status_code, answer.location.split("?")[0]) == (303, f"/bureau/{ticket}")
    assert agent.get("/bureau/BID-90001?view=team").location == f"/bureau/{ticket}?view=team"
    assert "Trou devant" not in agent.get("/bureau?q=BID-90002").text
    assert agent.get("/bureau/BID-90002").status_code == 404


def test_a_number_typed_small_is_led_to_its_page(agent, ticket):
    assert agent.get(f"/bureau/{ticket.lower()}?view=team").location == f"/bureau/{ticket}?view=team"


def test_reloading_a_refused_form_leads_to_the_ticket(agent, ticket):
    answer = agent.get(f"/bureau/{ticket}/parole?view=team&lang=eu")
    assert (answer.status_code, answer.location) == (302, f"/bureau/{ticket}?view=team&lang=eu")


def test_a_long_queue_goes_on(world, agent):
    for number in range(53):
        world.ticket("bidache/voirie", title=f"Trou {number}", dx=number / 10_000)
    world.session.commit()
    page = agent.get("/bureau").text
    assert page.count('class="queue-row') == 50
    following = re.search(r'href="([^"]+)" rel="next"', page).group(1).replace("&amp;", "&")
    assert agent.get(following).text.count('class="queue-row') == 3


@pytest.mark.parametrize(("role", "queues"), [("dispatcher", 3), ("administrator", 3), ("planner", 3)])
def test_those_who_oversee_choose_a_queue(app, world, ticket, role, queues):
    desk = Desk(app, world, role)
    page = desk.get("/bureau").text
    menu = re.search(r'<details class="menu queue-pick">.*?</details>', page, re.DOTALL)
    assert menu and menu.group().count("<li>") == queues + 1
    assert ticket in desk.get("/bureau?service=voirie&territory=bidache&view=team").text
    assert ticket not in desk.get("/bureau?service=eclairage&territory=bidache&view=team").text


@pytest.mark.parametrize("language", ["fr", "en", "eu"])
def test_every_language(agent, ticket, language):
    page = agent.get(f"/bureau/{ticket}?lang={language}")
    assert page.status_code == 200
    assert f'<html lang="{language}"' in page.text


def test_what_people_wrote_is_never_markup(world, agent):
    reference = world.ticket("bidache/voirie", title="<script>alert(1)</script>")
    world.session.commit()
    agent.post(reference, "parole", text="<img src=x onerror=alert(2)>", public="yes", state="")
    page = agent.get(f"/bureau/{reference}").text
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_the_maps_of_the_desk_may_ask_whom_the_town_has_named(world, agent, ticket):
    setting = '{"basemap": {"kind": "ign"}}'
    world.session.execute(text("UPDATE territory SET settings = settings || CAST(:s AS jsonb)"), {"s": setting})
    world.session.commit()
    for path in ("/bureau", f"/bureau/{ticket}"):
        assert "connect-src 'self' https://data.geopf.fr;" in agent.get(path).headers["Content-Security-Policy"], path
    assert "© IGN" in agent.get(f"/bureau/{ticket}").text.replace("\\u00a9", "©")
    assert "geopf" not in agent.get(f"/bureau/{ticket}/pourquoi").headers["Content-Security-Policy"]


def test_a_search_that_finds_nothing_says_so_and_leads_back(agent, ticket):
    page = agent.get("/bureau?q=introuvable").text
    assert "ne répond à « introuvable »" in page.replace("\xa0", " ")
    assert re.search(r'<a href="/bureau">Revenir à la file</a>', page)


def test_a_note_that_is_refused_stays_a_note(agent, ticket):
    page = agent.post(ticket, "parole", version="0", public="no", text="Voir avec le voisin").text
    assert re.search(r'value="no" checked', page)
    assert not re.search(r'value="yes" checked', page)
    page = agent.post(ticket, "parole", public="yes", state="waiting", version="0", waiting_for="third_party").text
    assert re.search(r'value="third_party" selected', page)


def test_what_a_colleague_was_faster_than_loses_nothing(world, agent, ticket):
    version = str(state(world, ticket).version)
    agent.post(ticket, "parole", public="yes", text="Nous regardons.")
    moved = agent.post(ticket, "transfert", version=version, service="eclairage", why="C'est un câble")
    assert moved.status_code == 409
    assert '<option value="eclairage" selected>' in moved.text
    assert re.search(r'name="why"[^>]* value="C&#39;est un câble"', moved.text)
    # Why it moves is said between colleagues: it is not put where people would read it.
    assert "C&#39;est un câble</textarea>" not in moved.text
    for action, name in (("doublon", "of"), ("parent", "parent"), ("parent", "child")):
        refused = agent.post(ticket, action, version=version, **{name: "BID-7777"})
        assert refused.status_code == 409
        assert re.search(rf'name="{name}"[^>]* value="BID-7777"', refused.text), name
        assert re.search(r'<details class="side-more" open>', refused.text)


def test_no_link_leads_to_a_closed_door(app, world, agent):
    manager, administrator = (Desk(app, world, role, ("bidache/voirie",)) for role in ("manager", "administrator"))
    for desk, open_doors in ((agent, 0), (manager, 2), (administrator, 3)):
        page = desk.get("/bureau").text
        doors = [door for door in ("/observatoire", "/moderation", "/exploitation") if f'href="{door}"' in page]
        assert len(doors) == open_doors
        assert all(desk.get(door).status_code == 200 for door in doors)
    refused = agent.get("/exploitation")
    assert refused.status_code == 403
    assert 'href="/observatoire"' not in refused.text
    assert "Revenir au bureau" in refused.text


@pytest.mark.parametrize(
    ("role", "doors"),
    [
        ("agent", ["/bureau", "/"]),
        ("dispatcher", ["/bureau", "/observatoire", "/moderation", "/"]),
        ("manager", ["/bureau", "/observatoire", "/moderation", "/"]),
        ("planner", ["/bureau", "/observatoire", "/"]),
        ("administrator", ["/bureau", "/observatoire", "/moderation", "/exploitation", "/"]),
    ],
)
def test_the_desk_has_one_header_on_all_its_pages(app, world, ticket, role, doors):
    """On the queue, on "why is it here" and on the operators' page: the same ways, no call to contribute, a way out."""
    desk = Desk(app, world, role, ("bidache/voirie",))
    places = ["/bureau", f"/bureau/{ticket}/pourquoi"] + ["/exploitation"] * ("/exploitation" in doors)
    for place in places:
        page = desk.get(place).text
        top = page[page.index('<header class="top">') : page.index("</header>")]
        nav = top[top.index('<nav class="nav"') : top.index("</nav>")]
        assert re.findall(r'href="([^"]+)"', nav) == doors, place
        assert "Bureau des services" in top, place
        assert "Se déconnecter" in top, place
        assert "/contribuer" not in top, place
        assert re.search(r'<body class="[^"]*has-tabs', page), place
        assert '<nav class="bar"' not in page, place
        shown = "/exploitation" if place == "/exploitation" else "/bureau"
        assert re.search(rf'href="{shown}" aria-current="page"', nav), place


def test_what_was_answered_to_the_category_s_questions_is_read_in_words(app, world, ticket, agent):
    asked = [
        {"slug": "who", "label": {"fr": "Pour qui ?"}, "type": "multi"},
        {"slug": "wires", "label": {"fr": "Des fils ?"}, "type": "yes_no"},
        {"slug": "width", "label": {"fr": "Quelle largeur ?"}, "type": "number"},
    ]
    asked[0]["options"] = [{"slug": "kids", "label": {"fr": "Enfants"}}, {"slug": "bikes", "label": {"fr": "Vélos"}}]
    answers = {"wires": "no", "gone": "d'une autre catégorie", "who": ["kids", "bikes"], "width": 40, "none": []}
    world.session.execute(text("UPDATE category SET questions = CAST(:q AS jsonb)"), {"q": json.dumps(asked)})
    world.session.execute(text("UPDATE territory SET config_version = config_version + 1"))
    world.session.execute(
        text("UPDATE contribution SET answers = CAST(:a AS jsonb) WHERE reference = :r"),
        {"a": json.dumps(answers), "r": ticket},
    )
    world.session.commit()
    page = agent.get(f"/bureau/{ticket}").text
    assert re.findall(
        r"<dt>([^<]*)</dt><dd>([^<]*)</dd></div>", page.partition("said-answers")[2].partition("</dl>")[0]
    ) == [
        ("Pour qui ?", "Enfants, Vélos"),
        ("Des fils ?", "Non"),
        ("Quelle largeur ?", "40"),
        ("gone", "d&#39;une autre catégorie"),
    ]


def test_who_does_not_do_the_work_does_not_read_what_was_written_in_answer(app, world, ticket):
    asked = [{"slug": "plate", "label": {"fr": "Quelle plaque ?"}, "type": "text"}]
    world.session.execute(text("UPDATE category SET questions = CAST(:q AS jsonb)"), {"q": json.dumps(asked)})
    world.session.execute(text("UPDATE territory SET config_version = config_version + 1"))
    world.session.execute(text("""UPDATE contribution SET answers = '{"plate": "AB-123-CD"}'"""))
    world.session.commit()
    assert "AB-123-CD" in Desk(app, world, "dispatcher").get(f"/bureau/{ticket}").text
    page = Desk(app, world, "planner").get(f"/bureau/{ticket}").text
    assert "AB-123-CD" not in page
    assert "<dt>Quelle plaque ?</dt><dd>réponse non visible pour votre rôle</dd>" in page
