"""The map inside another site: it may be shown there, it reads only, and it leaves nothing behind."""

from __future__ import annotations

from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.support.town import Town, make_town


@pytest.fixture
def town(session: Session) -> Town:
    made = make_town(session)
    made.category("divers")
    made.add(-1.48, 43.49, title="Un banc")
    made.add(-1.4801, 43.49, title="Un autre banc, tout près")
    made.add(-1.47, 43.49, title="Un banc, plus loin")
    session.commit()
    return made


def test_any_site_may_show_it_and_no_cookie_is_left(town: Town, client: FlaskClient) -> None:
    answer = client.get("/integration?lang=fr")
    assert answer.status_code == 200
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert "Un banc" in answer.text
    assert '<form method="post"' not in answer.text
    assert "csrf_token" not in answer.text


def test_it_knows_nobody_and_offers_nothing_of_one_s_own(town: Town, client: FlaskClient) -> None:
    assert 'name="mine"' in client.get("/?lang=fr").text
    embedded = client.get("/integration?lang=fr").text
    assert 'name="zone"' in embedded or 'name="state"' in embedded
    assert 'name="mine"' not in embedded and 'name="supported"' not in embedded


def test_its_links_open_beside_and_one_leads_to_the_whole_map(town: Town, client: FlaskClient) -> None:
    text = client.get("/integration?lang=fr&kind=problem").text
    assert 'href="/c/BID-1" data-ref="BID-1" target="_blank" rel="noopener"' in text
    assert '<a href="/?kind=problem" target="_blank" rel="noopener">' in text


def test_no_other_page_may_be_framed_elsewhere(town: Town, client: FlaskClient) -> None:
    for path in ("/", "/liste", "/c/BID-1", "/contribuer", "/connexion"):
        assert "frame-ancestors 'self'" in client.get(path).headers["Content-Security-Policy"], path


def test_the_list_gives_the_lines_to_copy_with_its_filters(town: Town, client: FlaskClient) -> None:
    text = unescape(client.get("/liste?lang=fr&kind=problem&q=banc").text)
    assert '<iframe src="http://localhost/integration?kind=problem&q=banc"' in text
    assert '<a href="http://localhost/?kind=problem&q=banc">' in text


def test_what_is_close_by_stands_beside_the_nearest_first(town: Town, client: FlaskClient) -> None:
    text = client.get("/c/BID-1?lang=fr").text
    assert "Tout près" in text
    assert "Un autre banc, tout près" in text
    assert "Un banc, plus loin" not in text
    assert "Tout près" not in client.get("/c/BID-3?lang=fr").text
