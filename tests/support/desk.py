"""An agglomeration, two communes in it and a stranger, with services, tickets and accounts, for tests of the desk."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features import tables  # noqa: F401
from app.features.accounts import services as accounts
from app.features.accounts.models import Account
from app.features.accounts.policies import Actor
from app.features.accounts.queries import actor_of_account
from app.features.contributions.pyramid import change_cells
from tests.support.town import Town, make_town

PASSWORD = "sept lampadaires"
LON, LAT = -1.475, 43.49


def form_token(page: str) -> str:
    """The token that a form of this page sends back."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page
    return found[1]


def sign_in(app: Flask, email: str) -> FlaskClient:
    """A browser that came in by the door."""
    client = app.test_client()
    token = form_token(client.get("/connexion").text)
    answer = client.post("/connexion", data={"csrf_token": token, "email": email, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return client


@dataclass
class World:
    """`towns` by slug; a service is named `town/service`."""

    session: Session
    towns: dict[str, Town] = field(default_factory=dict)
    services: dict[str, int] = field(default_factory=dict)
    made: int = 0

    def town(self, slug: str, *, above: str | None = None) -> Town:
        parent_id = self.towns[above].territory_id if above else None
        town = self.towns[slug] = make_town(self.session, slug, parent_id=parent_id)
        self.services[f"{slug}/a-trier"] = town.service_id
        # A commune's square lies inside its agglomeration's: the smaller one must win.
        self.session.execute(
            text("UPDATE territory SET area_m2 = :area WHERE id = :id"),
            {"area": 7e7 if above else 9e8, "id": town.territory_id},
        )
        return town

    def service(self, name: str) -> int:
        slug = name.split("/")[1]
        self.services[name] = self.session.execute(
            text("INSERT INTO service (territory_id, slug, name) VALUES (:t, :s, CAST(:n AS jsonb)) RETURNING id"),
            {"t": self.towns[name.split("/")[0]].territory_id, "s": slug, "n": json.dumps({"fr": slug.capitalize()})},
        ).scalar_one()
        return self.services[name]

    def ticket(self, service: str, *, town: str | None = None, n: int = 1, dx: float = 0.0, **facts: Any) -> str:
        """A ticket in the queue of `town/service`, lying in that town or in `town`, with `n` contributions."""
        place = self.towns[town or service.split("/")[0]]
        assignee, due = facts.pop("assignee", None), facts.pop("due_in_days", None)
        own, place.service_id = place.service_id, self.services[service]
        first = place.add(LON + dx, LAT, **facts)
        place.service_id = own
        row = self.session.execute(
            text(
                "UPDATE ticket SET assignee_id = :a, due_at = :due, contributions = :n, title = :title "
                "WHERE id = (SELECT ticket_id FROM contribution WHERE id = :c) RETURNING id, reference"
            ),
            {
                "a": assignee,
                "due": datetime.now(UTC) + timedelta(days=due) if due is not None else None,
                "n": n,
                "title": facts.get("title", ""),
                "c": first.contribution_id,
            },
        ).one()
        faces = [first]
        for more in range(1, n):
            face = place.add(LON + dx + more * 1e-5, LAT, placed=False, **facts)
            self.session.execute(
                text("UPDATE contribution SET ticket_id = :t WHERE id = :c"), {"t": row.id, "c": face.contribution_id}
            )
            faces.append(face)
        change_cells(self.session, [face for face in faces if facts.get("visibility", "public") == "public"])
        return str(row.reference)

    def contact(self, reference: str, **facts: Any) -> None:
        values = {"name": "Peio", "email": "peio@resident.example", "phone": "0559000000", "silent": False} | facts
        self.session.execute(
            text(
                "INSERT INTO contribution_contact (contribution_id, name, email, phone, silent) "
                "SELECT id, :name, :email, :phone, :silent FROM contribution WHERE reference = :reference"
            ),
            values | {"reference": reference},
        )

    def photo(self, reference: str, key: str, **facts: Any) -> None:
        values = {"state": "ready", "hidden": False, "position": 0} | facts
        self.session.execute(
            text(
                "INSERT INTO photo (contribution_id, position, original_key, content_type, width, height, size, "
                "public_key, state, hidden) SELECT id, :position, :key, 'image/jpeg', 4, 3, 9, :key, :state, :hidden "
                "FROM contribution WHERE reference = :reference"
            ),
            values | {"reference": reference, "key": key},
        )
        self.session.execute(
            text("UPDATE contribution SET photo_count = photo_count + 1 WHERE reference = :r"), {"r": reference}
        )

    def account(self, role: str, *, territory: str | None = None, services: tuple[str, ...] = ()) -> Account:
        self.made += 1
        towns = {name.split("/")[0] for name in services}
        assert len(towns) <= 1
        return accounts.add_account(
            self.session,
            email=f"{role}{self.made}@desk.example",
            name=f"{role.capitalize()} {self.made}",
            password=PASSWORD,
            role=role,
            territory=territory or (towns.pop() if towns else None),
            services=[name.split("/")[1] for name in services],
        )

    def actor(self, role: str, **where: Any) -> Actor:
        return self.actor_of(self.account(role, **where))

    def actor_of(self, account: Account) -> Actor:
        actor = actor_of_account(self.session, account_id=account.id)
        assert actor is not None
        return actor

    def version(self, reference: str) -> int:
        found = self.session.scalar(text("SELECT version FROM ticket WHERE reference = :r"), {"r": reference})
        assert isinstance(found, int)
        return found

    def row(self, reference: str) -> Any:
        return self.session.execute(
            text(
                "SELECT ticket.*, service.slug AS service FROM ticket JOIN service ON service.id = service_id "
                "WHERE ticket.reference = :r"
            ),
            {"r": reference},
        ).one()

    def events(self, reference: str) -> list[Any]:
        return list(
            self.session.execute(
                text("SELECT event.* FROM event JOIN ticket ON ticket.id = ticket_id WHERE reference = :r ORDER BY id"),
                {"r": reference},
            )
        )


def make_world(session: Session) -> World:
    """`pays` with `bidache` and `anglet` nested, `nantes` apart; each has `a-trier`, `voirie` and `eclairage`."""
    world = World(session)
    for slug, above in (("pays", None), ("bidache", "pays"), ("anglet", "pays"), ("nantes", None)):
        town = world.town(slug, above=above)
        world.service(f"{slug}/voirie")
        world.service(f"{slug}/eclairage")
        for category, service in (("trou", "voirie"), ("lampadaire", "eclairage")):
            own, town.service_id = town.service_id, world.services[f"{slug}/{service}"]
            town.category(category)
            town.service_id = own
    # The point of the tests lies in bidache, the smallest square; the others keep theirs elsewhere.
    session.execute(
        text(
            "INSERT INTO territory_part (territory_id, geom) SELECT id, ST_GeometryN(boundary, 1) FROM territory "
            "WHERE slug IN ('bidache', 'pays')"
        )
    )
    session.execute(text("UPDATE territory SET area_m2 = 1e6 WHERE slug = 'bidache'"))
    session.flush()
    return world
