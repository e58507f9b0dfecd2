"""When a proof of work is asked for, the page works for it by itself and sends the same thing again."""

from __future__ import annotations

import time

from altcha import create_challenge, verify_solution
from playwright.sync_api import Route, expect

from app.features.moderation.proof import ALGORITHM, COST, PREFIX
from tests.browser.conftest import Opener

FILLED = """() => {
  const form = document.getElementById("contribution");
  const choice = form.querySelector("[name=category]");
  if (choice.type === "radio") choice.checked = true;
  const said = [["text", "Un trou"], ["lat", "43.49"], ["lon", "-1.47"]];
  for (const [name, value] of said) form.elements[name].value = value;
}"""


def test_the_page_solves_what_is_asked_and_sends_the_same_again(visit: Opener) -> None:
    page, keys, proofs = visit("/contribuer/praise"), list[str](), list[str]()

    def answer(route: Route) -> None:
        headers = route.request.headers
        keys.append(headers["idempotency-key"])
        proof = headers.get("proof-of-work", "")
        proofs.append(proof)
        if not verify_solution(proof, "secret").verified:
            asked = create_challenge(
                ALGORITHM, COST, key_prefix=PREFIX, expires_at=int(time.time()) + 3600, hmac_secret="secret"
            )
            route.fulfill(status=429, json={"title": "Much is being sent", "challenge": asked.to_dict()})
        else:
            follow = "http://example.invalid/c/BAY-1/suivi/abcdefghijklmnop"
            route.fulfill(status=201, json={"reference": "BAY-1", "follow_url": follow})

    page.route("**/api/v1/contributions?*", answer)
    page.evaluate(FILLED)
    page.locator("#send").click()
    page.wait_for_url("**/c/BAY-1/recu/*")
    expect(page.locator("body")).to_be_visible()
    assert len(proofs) == 2 and proofs[0] == "" and len(set(keys)) == 1
