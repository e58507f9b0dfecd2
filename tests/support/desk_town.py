"""A small town at work, to look at the desk: `python -m tests.support.desk_town DATABASE_URL` prints the accounts."""

from __future__ import annotations

import sys

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app.features.tickets import services
from app.features.tickets.workflow import Change
from tests.support.desk import PASSWORD, World, make_world

LINES = (
    ("problem", "Armoire électrique ouverte, rue Sainte-Catherine", -1, 2),
    ("problem", "Lampadaire éteint, quai des Corsaires", 1, 4),
    ("problem", "Trois mâts éteints, allées Marines", 1, 7),
    ("problem", "Lumière qui clignote, place Paul-Bert", 2, 1),
    ("problem", "Éclairage en plein jour, avenue Raymond-de-Martres", 3, 3),
    ("proposal", "Un éclairage plus doux aux bords de Nive", None, 1),
    ("problem", "Candélabre penché, rue Maubec", 5, 1),
    ("praise", "Bravo pour les guirlandes de la rue Port-Neuf", None, 1),
    ("problem", "Borne lumineuse cassée, jardin Léon-Bonnat", 6, 1),
)


def fill(session: Session) -> World:
    """One agent's queue as in the mockup, with a dispatcher, a manager, a planner and an administrator beside."""
    world = make_world(session)
    world.towns["bidache"].zone("petit-bayonne", (-1.48, 43.48, -1.47, 43.50))
    agent = world.account("agent", services=("bidache/eclairage",))
    for role in ("manager", "dispatcher", "planner", "administrator"):
        world.account(role, territory="bidache", services=("bidache/eclairage",) if role == "manager" else ())
    actor = world.actor_of(agent)
    zones = session.scalars(text("SELECT id FROM zone")).all()
    for number, (kind, title, due, n) in enumerate(LINES):
        reference = world.ticket(
            "bidache/eclairage", kind=kind, title=title, due_in_days=due, n=n, dx=number / 2_000,
            assignee=agent.id if number % 2 else None, category="lampadaire", zone_ids=list(zones),
        )  # fmt: skip
        session.execute(text("UPDATE ticket SET zone_ids = :z WHERE reference = :r"), {"z": zones, "r": reference})
        if number == 1:
            _tell(world, actor, reference)
    for number in range(4):
        world.ticket("bidache/a-trier", title=f"À trier {number + 1}", due_in_days=2, dx=-number / 2_000)
    return world


def _tell(world: World, actor, reference: str) -> None:  # type: ignore[no-untyped-def]
    world.contact(reference)
    world.session.execute(
        text("UPDATE contribution SET body = :b, address = '12 quai des Corsaires' WHERE reference = :r"),
        {"b": "Il clignote depuis lundi devant le n° 12, le trottoir est très sombre le soir.", "r": reference},
    )
    services.change_state(world.session, actor, reference=reference, state="accepted", version=1)
    services.answer(
        world.session, actor, reference=reference, text="Câble abîmé : équipe 2 sur place.", version=2, public=False
    )
    change = Change(text="Nous changeons le câble cette semaine.")
    services.change_state(world.session, actor, reference=reference, state="in_progress", version=3, change=change)


if __name__ == "__main__":
    engine = create_engine(sys.argv[1])
    with Session(engine, expire_on_commit=False) as opened, opened.begin():
        fill(opened)
        for row in opened.execute(text("SELECT email, role FROM account ORDER BY id")):
            print(f"{row.email}  {PASSWORD}  {row.role}")
