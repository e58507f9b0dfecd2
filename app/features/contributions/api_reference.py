"""Contributions, as the API's document tells them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

from pydantic import Field

from app.core.openapi import GEOJSON_MEDIA, Answer, Body, Operation, Parameter
from app.core.shapes import one_of
from app.features.contributions.filters import GROUPS, PERIODS, SORTS, STATES
from app.features.contributions.pyramid import KIND_CODES
from app.features.contributions.queries import MOST
from app.features.contributions.schemas import ContributionFields, ContributionForm, ContributionIn
from app.features.contributions.shapes import (
    BusyDocument,
    CategorySuggestions,
    ContributionDocument,
    ContributionPage,
    Kept,
    SupportDocument,
    TileJson,
)
from app.features.contributions.suggesting import MOST_CHARACTERS as MOST_CHARACTERS_TO_CLASSIFY
from app.features.contributions.words import MOST_CHARACTERS

TAG: Final = "Contributions"
MAP: Final = "Map"

FILTERS: Final = (
    Parameter("territory", str, "Slug of a territory: what lies in it and in those that it contains."),
    Parameter("kind", one_of(*KIND_CODES), "Kinds; none: all.", many=True, example=["problem"]),
    Parameter("category", str, "Slugs of categories; each stands for everything under it.", many=True),
    Parameter(
        "state",
        one_of("all", *sorted({*GROUPS, *STATES})),
        "States, or words for several: `open`, `closed`, and the words that the public reads.",
        many=True,
        example=["open"],
    ),
    Parameter("period", one_of("all", "0", *PERIODS), "How far back from today, 00:00 UTC. `since` goes before it."),
    Parameter("since", str, "A date or a moment (ISO 8601): what was said since.", example="2026-03-31"),
    Parameter(
        "changed_since",
        str,
        "A date or a moment (ISO 8601): what was said since, and what the town has answered, moved or brought to "
        "another state since. With `sort=changed`, a program asks for what is new to it. What is hidden meanwhile "
        "is not told: its own address answers 410.",
        example="2026-03-31T08:00:00Z",
    ),
    Parameter("zone", str, "Slugs of zones: what lies in one of them.", many=True),
    Parameter(
        "q",
        Annotated[str, Field(max_length=MOST_CHARACTERS)],
        'Words, in French, English or Basque, with or without accents: all of them, `"in this order"`, `-without`, '
        "`or`; or a reference.",
        example="banc cassé",
    ),
    Parameter("mine", one_of("0", "1", "false", "true"), "Only what the person of this browser or session wrote."),
    Parameter("supported", one_of("0", "1", "false", "true"), "Only what that person supports."),
    Parameter("bbox", str, "`west,south,east,north`, degrees: what lies in it.", example="-1.5,43.47,-1.44,43.51"),
)
"""What narrows the public contributions, wherever they are listed, drawn or counted."""

_SAID: dict[str, str | None] = {"text": None, "reason": None, "planned_on": None}
_PHOTO: Final = {
    "url_1600": "https://auzolan.example/photos/2f1c/1600.jpg",
    "url_400": "https://auzolan.example/photos/2f1c/400.jpg",
}
_URL: Final = "https://auzolan.example/c/BAY-4817"
_BAYONNE: Final = {"slug": "bayonne", "name": "Bayonne"}

CREATE: Final = Operation(
    tag=TAG,
    summary="Report, praise or propose",
    description="Keeps one thing that one person says about one place. Grouping and routing follow within moments: "
    "read the contribution again to see its ticket. A field that is not known is refused.\n\n"
    "With an `Idempotency-Key`, the same body gets the same answer for 24 hours however often it is sent, and "
    "one row is kept; another body under the same key is refused with 422.",
    parameters=(
        Parameter(
            "Idempotency-Key",
            Annotated[str, Field(min_length=8, max_length=128, pattern=r"^[\x21-\x7e]*$")],
            "8 to 128 visible ASCII characters, such as a UUID.",
            place="header",
        ),
        Parameter(
            "Proof-Of-Work",
            Annotated[str, Field(max_length=4000)],
            "The solution of the `challenge` of an answer 429: base64 of "
            '`{"challenge": …, "solution": {"counter": …, "derivedKey": "…"}}` (altcha, version 2). Used once; not '
            "looked at when nothing is unusual.",
            place="header",
        ),
    ),
    body=Body(
        {
            "application/json": ContributionIn,
            "multipart/form-data": ContributionForm,
            "application/x-www-form-urlencoded": ContributionFields,
        },
        {
            "a problem": {
                "kind": "problem",
                "category": "pothole",
                "text": "Un trou devant le 12.",
                "lon": -1.4748,
                "lat": 43.4929,
                "contact": {"email": "maite@example.org"},
            },
            "a thank-you": {
                "kind": "praise",
                "category": "cleaning",
                "text": "Place impeccable après le marché, merci.",
                "lon": -1.4748,
                "lat": 43.4929,
            },
        },
        "JSON, or a form when there are photos.",
    ),
    answers={
        201: Answer(
            "Kept.",
            Kept,
            example={
                "reference": "BAY-4817",
                "url": _URL,
                "follow_url": f"{_URL}/suivi/kJ3hVx",
                "receipt": {
                    "date": "2026-11-20T09:30:00+00:00",
                    "territory": _BAYONNE,
                    "service": {
                        "slug": "roads",
                        "name": "Voirie",
                        "postal_address": "1 avenue du Maréchal-Leclerc, 64100 Bayonne",
                        "email": "voirie@bayonne.example",
                        "phone": "05 59 00 00 00",
                    },
                    "delay": {"days": 10, "mode": "working"},
                    "due": "2026-12-04",
                },
            },
            headers={
                "Location": "Where to read it again.",
                "Idempotent-Replayed": "`true` when this key had been answered before.",
            },
        )
    },
    problems={
        422: "This `Idempotency-Key` was used with another body.",
        429: "Too many requests from this address; `Retry-After` says when to come back. With `challenge`, or at once, "
        "with its solution in the header `Proof-Of-Work`.",
    },
    problem_shapes={429: BusyDocument},
)

SHOW: Final = Operation(
    tag=TAG,
    summary="The public face of a contribution",
    path={"reference": ("Its reference, in capitals or not.", "BAY-4817")},
    answers={
        200: Answer(
            "What everybody may read.",
            ContributionDocument,
            example={
                "reference": "BAY-4817",
                "url": _URL,
                "kind": "problem",
                "category": {"slug": "pothole", "label": "Nid-de-poule", "path": ["roads", "pothole"]},
                "title": None,
                "text": "Un trou devant le 12.",
                "language": "fr",
                "channel": "web",
                "lon": -1.4748,
                "lat": 43.4929,
                "address": None,
                "territory": _BAYONNE,
                "created_at": "2026-11-20T09:30:00+00:00",
                "state": "planned",
                "supports": 3,
                "ticket": {
                    "reference": "BAY-4817",
                    "state": "planned",
                    "service": {"slug": "roads", "name": "Voirie"},
                    "due_at": "2026-12-04T22:59:59+00:00",
                    "contributions": 2,
                },
                "routing": {"rule": 3, "reason": "Règle 3 : nids-de-poule → Voirie"},
                "photos": [{**_PHOTO, "placeholder": None}],
                "photos_pending": 0,
                "history": [
                    {"type": "received", "at": "2026-11-20T09:30:00+00:00", "state": "new", **_SAID},
                    {
                        "type": "state",
                        "at": "2026-11-21T08:00:00+00:00",
                        "state": "planned",
                        **_SAID,
                        "text": "Lundi matin.",
                        "planned_on": "2026-11-23",
                    },
                ],
            },
        )
    },
    problems={
        404: "No contribution has this number, or it has not been published yet (type `…:not-yet-public`).",
        410: "It was public, and is no longer shown.",
    },
)

_SUPPORTED: Final = Answer(
    "How many carry it now.",
    SupportDocument,
    example={"reference": "BAY-4817", "supports": 24, "supported": True},
    headers={"Set-Cookie": "The secret by which a browser without an account is known again."},
)
SUPPORT: Final = Operation(
    tag=TAG,
    summary="Me too",
    description="Counts one person in, once, whatever the number of requests. The person is the account that is signed "
    "in, else the browser, which is given a secret in a cookie when it first acts. A program that keeps no cookie is "
    "known by its `Idempotency-Key`; without either, each request is somebody new.",
    path={"reference": ("Its reference, in capitals or not.", "BAY-4817")},
    parameters=(
        Parameter(
            "Idempotency-Key",
            Annotated[str, Field(min_length=8, max_length=128, pattern=r"^[\x21-\x7e]*$")],
            "The same key is the same person.",
            place="header",
        ),
    ),
    answers={200: _SUPPORTED},
    problems={
        403: "The request comes from a page of another site.",
        404: "No contribution has this number, or it has not been published yet.",
        409: "It is closed (type `…:closed`).",
        410: "It was public, and is no longer shown.",
    },
)
WITHDRAW: Final = replace(
    SUPPORT,
    summary="No longer",
    description="Takes the support of this person back, if it was given.",
    answers={
        200: Answer(
            "How many carry it now.",
            SupportDocument,
            example={"reference": "BAY-4817", "supports": 23, "supported": False},
        )
    },
    problems={status: words for status, words in SUPPORT.problems.items() if status != 409},
)

SUGGEST: Final = Operation(
    tag=TAG,
    summary="Which category some words speak of",
    description="A proposal with its reasons, from a classifier that the town teaches with its own public "
    "contributions. Nothing is kept of the text.",
    parameters=(
        Parameter("text", Annotated[str, Field(max_length=MOST_CHARACTERS_TO_CLASSIFY)], "What somebody wrote."),
        Parameter("kind", one_of(*KIND_CODES), "Only categories that take this kind."),
        Parameter("territory", str, "Slug of a territory; none: that of this address."),
    ),
    answers={
        200: Answer(
            "At most three, the best first; none when the words say nothing.",
            CategorySuggestions,
            example={
                "suggestions": [
                    {"category": "lamp-out", "label": "Lampadaire éteint", "belief": 0.66, "because": ["éteint"]}
                ]
            },
        )
    },
    problems={404: "No territory has this name."},
)

INDEX: Final = Operation(
    tag=TAG,
    summary="The public contributions, page by page",
    description="In the order of `sort`. `next` in the answer, and the `Link` header, lead to the following page.",
    parameters=(
        *FILTERS,
        Parameter(
            "sort",
            one_of(*SORTS),
            "`newest` unless said. `supported`: most people first. `changed`: by when the town last acted on it, or "
            "else when it was said. `nearest`: from `near`, or from the middle of `bbox`.",
        ),
        Parameter("near", str, "`lon,lat`, degrees: from where the nearest are counted.", example="-1.4748,43.4929"),
        Parameter("cursor", str, "Where a page begins: `cursor` of the page before, in the same order."),
        Parameter("limit", Annotated[int, Field(ge=1, le=MOST)], "How many, 50 unless said."),
    ),
    answers={
        200: Answer(
            "A GeoJSON feature collection.",
            ContributionPage,
            media=GEOJSON_MEDIA,
            example={
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "id": "BAY-4817",
                        "geometry": {"type": "Point", "coordinates": [-1.4748, 43.4929]},
                        "properties": {
                            "reference": "BAY-4817",
                            "kind": "problem",
                            "category": "pothole",
                            "category_label": "Nid-de-poule",
                            "icon": "road",
                            "title": None,
                            "text": "Un trou devant le 12.",
                            "state": "planned",
                            "address": None,
                            "created_at": "2026-11-20T09:30:00+00:00",
                            "changed_at": "2026-11-20T15:05:00+00:00",
                            "distance_m": None,
                            "supports": 3,
                            "photo_count": 1,
                            "photo": _PHOTO,
                            "territory": "bayonne",
                            "url": _URL,
                        },
                    }
                ],
                "cursor": None,
                "next": None,
            },
            headers={"Link": 'The following page, `rel="next"`.'},
        )
    },
    problems={404: "No territory has this name."},
)

TILEJSON: Final = Operation(
    tag=MAP,
    summary="Where the tiles are",
    description="TileJSON 3.0.0: its addresses keep the filters that are given here.",
    parameters=FILTERS,
    answers={
        200: Answer(
            "TileJSON.",
            TileJson,
            example={
                "tilejson": "3.0.0",
                "name": "Contributions",
                "tiles": ["https://auzolan.example/tiles/contributions/{z}/{x}/{y}.mvt"],
                "minzoom": 0,
                "maxzoom": 20,
                "bounds": [-1.5, 43.47, -1.44, 43.51],
                "center": [-1.47, 43.49, 12],
                "vector_layers": [{"id": "cells", "minzoom": 0, "maxzoom": 20, "fields": {"n": "Number"}}],
            },
        )
    },
    problems={404: "No territory has this name."},
)
TILE: Final = Operation(
    tag=MAP,
    summary="A vector tile",
    description="Up to zoom 15 a layer `cells` counts (`n`, `problem`, `praise`, `proposal`, `done`; `ref`, `kind`, "
    "`state` for a single contribution); from zoom 16 a layer `points` has each contribution. "
    "`bubble` is the width of an idea's disc, in pixels (see `/api/v1/processes`).",
    path={"z": ("Zoom, 0 to 20.", 14), "x": ("Column.", 8124), "y": ("Row, from the north.", 5984)},
    parameters=FILTERS,
    answers={
        200: Answer(
            "A Mapbox vector tile; empty where there is nothing.",
            media="application/vnd.mapbox-vector-tile",
            headers={"ETag": "Of what the tile holds."},
        ),
        304: Answer("It has not changed since `If-None-Match`."),
    },
    problems={404: "There is no such tile, or no such territory."},
)
