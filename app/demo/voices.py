"""What the demo's people think of the ideas of the last weeks: votes and arguments, drawn from the seed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.demo.lives import ZONE
from app.features.contributions.supporting import BUBBLE, FAVOURABLE, SCORE
from app.features.territories.models import Process

DEBATED = 40
"""Ideas that are being debated."""

LABEL = {"fr": "Mieux vivre dehors", "en": "Better outdoors", "eu": "Kanpoan hobeto bizi"}
LEAD = {
    "fr": "Ombre, bancs, eau, passages : dites ce que vous pensez des idées des dernières semaines.",
    "en": "Shade, benches, water, crossings: say what you think of the ideas of the last weeks.",
    "eu": "Itzala, eserlekuak, ura, pasabideak: esan zer deritzezun azken asteetako ideiei.",
}
SAID: Mapping[str, Sequence[str]] = {
    "for": (
        "J’y passe chaque matin : ce serait utile tout de suite.",
        "Simple, pas cher, et tout le monde en profite.",
        "Les enfants et les personnes âgées en ont besoin ici.",
        "La rue voisine l’a eu l’an dernier, cela a tout changé.",
        "En été, c’est intenable : il faut essayer.",
        "Enfin quelque chose pour ce coin oublié.",
    ),
    "against": (
        "On y perdrait des places, il faut d’abord dire où elles iront.",
        "Qui l’entretiendra ? Le dernier essai a été abandonné.",
        "L’endroit est mal choisi, cent mètres plus loin ce serait mieux.",
        "Le soir, cela ferait du bruit sous les fenêtres.",
        "Il y a plus urgent dans le quartier.",
    ),
    "neutral": ("Combien cela coûterait-il ?", "A-t-on demandé aux commerçants ?", "Est-ce possible avant l’été ?"),
}
REPLIES = (
    "C’est vrai, et cela se discute avec les voisins.",
    "Un essai de trois mois le dirait.",
    "Je pensais pareil, puis j’ai vu ce qui s’est fait ailleurs.",
)

_RECENT = text(
    """
    SELECT c.id, c.territory_id, c.created_at FROM contribution c
    WHERE c.kind = 'proposal' AND c.visibility = 'public' AND c.state = 'new' AND c.territory_id = (
      SELECT territory_id FROM contribution WHERE kind = 'proposal' AND state = 'new' GROUP BY 1 ORDER BY count(*) DESC
      LIMIT 1)
    ORDER BY c.created_at DESC, c.id DESC LIMIT :most
    """
)
_WRITE = text(
    f"""
    WITH votes AS (
      SELECT * FROM jsonb_to_recordset(CAST(:votes AS jsonb)) AS v(id bigint, person text, value int, at timestamptz)),
    cast_votes AS (
      INSERT INTO support (contribution_id, person, value, created_at)
      SELECT id, decode(person, 'hex'), value, at FROM votes ON CONFLICT DO NOTHING),
    counted AS (
      INSERT INTO tally AS y (contribution_id, minus2, minus1, zero, plus1, plus2)
      SELECT id, count(*) FILTER (WHERE value = -2), count(*) FILTER (WHERE value = -1),
             count(*) FILTER (WHERE value = 0), count(*) FILTER (WHERE value = 1), count(*) FILTER (WHERE value = 2)
      FROM votes GROUP BY id RETURNING contribution_id, {SCORE} AS score, {FAVOURABLE} AS favourable)
    UPDATE contribution c SET process_id = :process, supports = counted.favourable,
      bubble = {BUBBLE.format(score="counted.score")}
    FROM counted WHERE c.id = counted.contribution_id
    """  # noqa: S608 - constants
)
_SAY = text(
    """
    WITH said AS (
      SELECT nextval(pg_get_serial_sequence('comment', 'id')) AS key, s.* FROM jsonb_to_recordset(CAST(:said AS jsonb))
        AS s(number int, parent int, idea bigint, stance text, body text, person text, agrees int, at timestamptz))
    INSERT INTO comment (id, contribution_id, parent_id, path, stance, body, person, agrees, created_at)
    OVERRIDING SYSTEM VALUE
    SELECT said.key, said.idea, p.key, CASE WHEN p.key IS NULL THEN ARRAY[said.key] ELSE ARRAY[p.key, said.key] END,
           said.stance, said.body, decode(said.person, 'hex'), said.agrees, said.at
    FROM said LEFT JOIN said p ON p.number = said.parent ORDER BY said.number
    """
)


def raise_voices(session: Session, *, seed: int, day: date) -> int:
    """Put the newest ideas in a process that votes on a scale, with what people think of them; returns how many."""
    rng = Random(f"{seed} voices")
    end = datetime.combine(day, time(), tzinfo=ZONE).astimezone(UTC)
    ideas = session.execute(_RECENT, {"most": DEBATED}).all()
    if not ideas:
        return 0
    process = Process(
        territory_id=ideas[0].territory_id,
        slug="outdoors",
        label=LABEL,
        description=LEAD,
        mode="scale",
        closes_at=end + timedelta(days=24, hours=18),
        position=0,
    )
    session.add(process)
    session.flush()
    votes: list[dict[str, Any]] = []
    said: list[dict[str, Any]] = []
    for idea in ideas:
        votes += _votes(rng, idea, end)
        said += _words(rng, idea, end, first=len(said))
    session.execute(_WRITE, {"votes": json.dumps(votes), "process": process.id})
    session.execute(_SAY, {"said": json.dumps(said)})
    return len(ideas)


def _votes(rng: Random, idea: Any, end: datetime) -> list[dict[str, Any]]:
    """Few for most ideas, many for some; most are liked, some divide."""
    liked = rng.betavariate(4, 2)
    weights = [(1 - liked) * 0.6, (1 - liked) * 0.4, 0.15, liked * 0.4, liked * 0.6]
    people = rng.sample(range(2_000), 1 + min(180, int(rng.lognormvariate(2.8, 1.0))))
    return [
        {"id": idea.id, "person": _person(number), "value": value, "at": _moment(rng, idea, end).isoformat()}
        for number, value in zip(people, rng.choices((-2, -1, 0, 1, 2), weights, k=len(people)), strict=True)
    ]


def _words(rng: Random, idea: Any, end: datetime, *, first: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    moments = sorted(_moment(rng, idea, end) for _ in range(12))
    for stance, most in (("for", 3), ("against", 2), ("neutral", 1)):
        for body in rng.sample(SAID[stance], rng.randint(0, most)):
            found.append(_comment(rng, idea, stance, body, moments[len(found)], number=first + len(found)))
            if rng.random() < 0.35:
                reply = _comment(rng, idea, "neutral", rng.choice(REPLIES), end, number=first + len(found))
                found.append(reply | {"parent": first + len(found) - 1})
    return found


def _comment(rng: Random, idea: Any, stance: str, body: str, at: datetime, *, number: int) -> dict[str, Any]:
    return {
        "number": number,
        "parent": None,
        "idea": idea.id,
        "stance": stance,
        "body": body,
        "person": _person(rng.randrange(2_000)),
        "agrees": int(rng.lognormvariate(1, 1)),
        "at": at.isoformat(),
    }


def _person(number: int) -> str:
    return hashlib.sha256(f"demo:{number}".encode()).hexdigest()


def _moment(rng: Random, idea: Any, end: datetime) -> datetime:
    said: datetime = idea.created_at
    return said + (end - said) * rng.random()
