"""`/dev/mail` shows the local outbox, on a trial's own machine only."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from tests.integration.residents.conftest import Town, plain


def test_the_mails_of_a_trial_are_read_in_the_browser(town: Town) -> None:
    browser = town.browser()
    path = browser.link()
    shown = plain(browser.open("/dev/mail").text)
    assert "maite@resident.example" in shown and "Votre lien pour entrer" in shown and path in shown


def test_nobody_else_reads_them(town: Town, monkeypatch: Any) -> None:
    browser = town.browser()
    browser.link()
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert browser.client.get("/dev/mail", environ_overrides=elsewhere).status_code == 404
    settings = town.app.extensions["settings"]
    for name, value in (("mail", {"smtp_url": SecretStr("smtp://mail.example")}),
                        ("web", {"base_url": "https://signale.example"})):  # fmt: skip
        changed = getattr(settings, name).model_copy(update=value)
        with monkeypatch.context() as here:
            here.setitem(settings.__dict__, name, changed)
            assert browser.open("/dev/mail").status_code == 404
