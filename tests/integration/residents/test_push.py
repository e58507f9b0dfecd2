"""Told by push: through a real HTTP service on the loopback that decrypts as a browser does."""

from __future__ import annotations

import base64
import json
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import text

from app.features.notifications.push import allowed, public_key
from app.settings import PushSettings
from tests.integration.residents.conftest import Browser, Town, subscribe
from tests.support.push_service import PushService
from workers.handlers import run


@pytest.fixture
def told(service: PushService, town: Town) -> Town:
    """A town whose settings know the service."""
    return town


def test_a_follower_without_an_address_is_told_on_their_device(service: PushService, told: Town) -> None:
    browser = told.browser()
    assert subscribe(browser, service.subscription()) == 201
    browser.press(f"/c/{told.reference}/suivre", here="1")
    told.change("planned", planned_on=date(2030, 1, 7), text="Lundi matin.")
    assert told.work() == [], "no address, no mail"
    (message,) = service.messages
    assert message["title"] == f"Trou devant l'école ({told.reference})"
    assert message["body"] == "Le service a prévu d’intervenir. Prévu pour le lundi 7 janvier 2030. Lundi matin."
    assert browser.open(message["url"]).headers["Location"] == f"/c/{told.reference}"
    assert_signed_by_the_house(service.senders[0], browser, service.address)


def assert_signed_by_the_house(authorization: str, browser: Browser, audience: str) -> None:
    """RFC 8292: `vapid t=JWT, k=KEY`; the key is the one that the page gave to the browser."""
    parts = dict(part.strip().split("=", 1) for part in authorization.removeprefix("vapid ").split(","))
    assert f'data-key="{parts["k"]}"' in browser.open("/moi").text
    head, claims, signature = parts["t"].split(".")
    assert json.loads(raw(claims))["aud"] == f"http://{audience}"
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(parts["k"]))
    r, s = (int.from_bytes(raw(signature)[at : at + 32], "big") for at in (0, 32))
    key.verify(utils.encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))


def raw(text_: str) -> bytes:
    return base64.urlsafe_b64decode(text_ + "=" * (-len(text_) % 4))


def test_it_is_told_once_and_a_hidden_thing_never(service: PushService, told: Town) -> None:
    browser = told.browser()
    subscribe(browser, service.subscription())
    browser.press(f"/c/{told.reference}/suivre", here="1")
    told.change("accepted")
    told.work()
    values = told.session.execute(text("SELECT n.id AS n, p.id AS p FROM notification n, push_subscription p")).one()
    add = text("INSERT INTO outbox (topic, subject_id, payload) VALUES ('follow.push', :n, "
               "jsonb_build_object('subscription', CAST(:p AS int))) RETURNING id")  # fmt: skip
    for _ in range(2):
        number = told.session.scalar(add, {"n": values.n, "p": values.p})
        told.session.commit()
        run(int(number or 0))
    assert len(service.messages) == 1
    told.change("in_progress")
    told.session.execute(text("UPDATE contribution SET visibility = 'hidden'"))
    told.work()
    assert len(service.messages) == 1


def test_a_subscription_that_its_maker_ended_is_forgotten(service: PushService, told: Town) -> None:
    browser = told.browser()
    subscribe(browser, service.subscription())
    browser.press(f"/c/{told.reference}/suivre", here="1")
    service.status = 410
    told.change("accepted")
    told.work()
    assert told.count("push_subscription") == 0 and service.messages == []


def test_a_service_that_fails_is_asked_again_and_holds_up_nobody_else(service: PushService, told: Town) -> None:
    first, second = told.browser(), told.browser()
    subscribe(first, service.subscription("first"))
    first.press(f"/c/{told.reference}/suivre", here="1")
    second.follow(told.reference, "peio@resident.example")
    service.status = 503
    told.change("accepted")
    with pytest.raises(AssertionError):
        told.work()
    assert [p.name for p in told.box.glob("news-*.eml")] != [], "the mail left"
    service.status = 201
    told.session.execute(text("UPDATE outbox SET due_at = now(), last_error = NULL"))
    told.work()
    assert len(service.messages) == 1


def test_a_device_is_no_longer_told(service: PushService, told: Town) -> None:
    browser = told.browser()
    subscribe(browser, service.subscription())
    assert subscribe(browser, service.subscription(), "delete") == 204
    assert told.count("push_subscription") == 0


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:9/x",
        "https://127.0.0.1/x",
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evil.example/fcm.googleapis.com",
        "https://fcm.googleapis.com:8443/x",
        "file:///etc/passwd",
        "",
    ],
)
def test_the_house_writes_to_known_services_only(told: Town, service: PushService, endpoint: str) -> None:
    assert subscribe(told.browser(), service.subscription() | {"endpoint": endpoint}) == 400
    assert not allowed(endpoint, PushSettings())


def test_the_services_of_browsers_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUZOLAN_PUSH_SERVICES", raising=False)
    for host in ("fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com"):
        assert allowed(f"https://{host}/abc", PushSettings())


def test_the_key_is_made_once_for_all_processes_and_only_we_read_it(tmp_path: Path) -> None:
    keys = {public_key(PushSettings(), tmp_path) for _ in range(3)}
    assert len(keys) == 1 and (tmp_path / "push-key.pem").stat().st_mode & 0o777 == 0o600
    pem = (tmp_path / "push-key.pem").read_text()
    assert public_key(PushSettings(key=pem), tmp_path / "elsewhere") in keys  # type: ignore[arg-type]
