"""Every route says who may call it."""

import pytest
from flask import Flask

from app import create_app
from app.core.access import access_of
from app.settings import Settings, WebSettings


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app(Settings(web=WebSettings(secret_key="only for this test")), TESTING=True)


def test_every_route_declares_an_access_rule(app):
    silent = sorted(
        f"{rule.rule} ({rule.endpoint})"
        for rule in app.url_map.iter_rules()
        if access_of(app.view_functions[rule.endpoint]) is None
    )
    assert not silent, "mark these views with app.core.access: " + ", ".join(silent)


def test_the_walk_would_notice_a_silent_route(app):
    rules = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert {"health.healthz", "accounts.login", "session_api.open_session"} <= rules
    assert access_of(lambda: "") is None


def test_nothing_of_the_desk_is_public(app):
    open_ones = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(("/bureau", "/exploitation", "/api/v1/tickets", "/api/v1/services/"))
        and access_of(app.view_functions[rule.endpoint]).kind == "public"
    ]
    assert open_ones == []
