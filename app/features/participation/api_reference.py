"""Ideas, as the API's document tells them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

from pydantic import Field

from app.core.openapi import GEOJSON_MEDIA, Answer, Body, Operation, Parameter
from app.core.shapes import one_of
from app.features.participation.queries.ideas import ORDERS, STATES
from app.features.participation.shapes import (
    CommentForm,
    CommentIn,
    CommentKept,
    Comments,
    IdeaList,
    Processes,
    VoteDocument,
    VoteIn,
)

TAG: Final = "Ideas"
_PATH: Final = {"reference": ("The idea's reference, in capitals or not.", "BAY-4817")}
_KEY: Final = Parameter(
    "Idempotency-Key",
    Annotated[str, Field(min_length=8, max_length=128, pattern=r"^[\x21-\x7e]*$")],
    "The same key is the same person, for a program that keeps no cookie.",
    place="header",
)
_MISSING: Final = {
    404: "No public idea has this number.",
    410: "It was public, and is no longer shown.",
}
_REFUSED: Final = {
    400: "A value that the process does not take.",
    403: "The request comes from a page of another site.",
    409: "The vote is not open (type `…:vote-closed`), the idea is closed (`…:closed`), or it stands in another "
    "(`…:united`, with `united_in`).",
    **_MISSING,
}
_VOTE: Final = {
    "reference": "BAY-4817",
    "process": "shade",
    "mode": "scale",
    "standing": "open",
    "closes_at": "2026-12-15T17:00:00+00:00",
    "value": 1,
    "counts_hidden": False,
    "votes": 3,
    "score": 1,
    "mean": 0.33,
    "counts": {"minus2": 1, "minus1": 0, "zero": 0, "plus1": 1, "plus2": 1},
    "bubble": 46,
}
_COOKIE: Final = {"Set-Cookie": "The secret by which a browser without an account is known again."}

PROCESSES: Final = Operation(
    tag=TAG,
    summary="The processes in which ideas are carried",
    answers={
        200: Answer(
            "Those of a town's pack in its order, then the one that stands open.",
            Processes,
            example={
                "processes": [
                    {
                        "slug": "shade",
                        "territory": "bayonne",
                        "labels": {"fr": "Plus d’ombre"},
                        "description": {},
                        "mode": "scale",
                        "standing": "open",
                        "opens_at": "2026-11-01T08:00:00+00:00",
                        "closes_at": "2026-12-15T17:00:00+00:00",
                        "counts_hidden": False,
                        "categories": ["trees"],
                        "zones": ["quarter/saint-esprit"],
                    }
                ],
                "bubble": {"min": 44, "max": 88, "growth": 2.0},
            },
        )
    },
)
IDEAS: Final = Operation(
    tag=TAG,
    summary="The public ideas, page by page",
    description="In an order of chance unless another is asked: no idea is favoured, and `next` (also in the `Link` "
    "header) keeps that order. An idea that stands in another is found there. Counts that a process hides are null, "
    "and ideas are not ordered by them.",
    parameters=(
        Parameter("process", str, "Slug of a process; none: all."),
        Parameter("category", str, "Slug of a category, with all that is under it."),
        Parameter("zone", str, "Slug of a zone."),
        Parameter("state", one_of(*STATES), "What became of them."),
        Parameter("order", one_of(*ORDERS), "`fair` unless said."),
        Parameter("seed", Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")], "The order of chance of a page before."),
        Parameter("cursor", str, "Where a page begins: `cursor` of the page before."),
        Parameter("limit", Annotated[int, Field(ge=1, le=100)], "How many, 30 unless said."),
    ),
    answers={
        200: Answer(
            "A GeoJSON feature collection.",
            IdeaList,
            media=GEOJSON_MEDIA,
            example={
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "id": "BAY-4768",
                        "geometry": {"type": "Point", "coordinates": [-1.4748, 43.4929]},
                        "properties": {
                            "reference": "BAY-4768",
                            "title": "Planter la place",
                            "category": "trees",
                            "category_label": "Arbres",
                            "process": "shade",
                            "state": "study",
                            "created_at": "2026-11-20T09:30:00+00:00",
                            "supports": 23,
                            "bubble": 54,
                            "photo": None,
                            "territory": "bayonne",
                            "url": "https://auzolan.example/c/BAY-4768",
                        },
                    }
                ],
                "total": 1,
                "seed": "5f0c9a3e4d7f4f0b",
                "cursor": None,
                "next": None,
            },
            headers={"Link": 'The following page, `rel="next"`.'},
        )
    },
)
READ_VOTE: Final = Operation(
    tag=TAG,
    summary="The vote on an idea",
    description="One's own vote, and the totals if the process tells them.",
    path=_PATH,
    answers={200: Answer("Where the vote stands.", VoteDocument, example=_VOTE)},
    problems=_MISSING,
)
VOTE: Final = Operation(
    tag=TAG,
    summary="Vote, or change a vote",
    description="One person has one vote an idea, whatever the number of requests, and may change it until the process "
    "closes; the server's clock decides. The person is the account that is signed in, else the browser, which is given "
    "a secret in a cookie when it first acts.",
    path=_PATH,
    parameters=(_KEY,),
    body=Body({"application/json": VoteIn}, {"rather for": {"value": 1}}),
    answers={200: Answer("Counted.", VoteDocument, example=_VOTE, headers=_COOKIE)},
    problems=_REFUSED,
)
WITHDRAW: Final = replace(
    VOTE,
    summary="Withdraw a vote",
    description="Takes the vote of this person back, if it was given.",
    body=None,
    answers={200: Answer("Where the vote stands.", VoteDocument, example=_VOTE | {"value": None})},
    problems={key: _REFUSED[key] for key in (403, 404, 409, 410)},
)
COMMENTS: Final = Operation(
    tag=TAG,
    summary="What is said under an idea",
    path=_PATH,
    parameters=(Parameter("after", Annotated[int, Field(ge=0, lt=2**63)], "The last first-comment already read."),),
    answers={
        200: Answer(
            "Fifty threads at most, each whole.",
            Comments,
            example={
                "reference": "BAY-4817",
                "total": 1,
                "comments": [
                    {
                        "id": 12,
                        "answer_to": None,
                        "depth": 0,
                        "stance": "for",
                        "text": "La cour atteint 41 °C en juin.",
                        "language": "fr",
                        "state": "public",
                        "service": None,
                        "agrees": 38,
                        "photos": [],
                        "created_at": "2026-11-20T09:30:00+00:00",
                    }
                ],
                "next": None,
            },
        )
    },
    problems=_MISSING,
)
COMMENT: Final = Operation(
    tag=TAG,
    summary="Say something under an idea",
    description="An argument for, against, or a remark; or an answer to another. Two photos may come with it, in a "
    "form; they are shown with it once clean copies are made. With an `Idempotency-Key`, it is kept once however often "
    "it is sent.",
    path=_PATH,
    parameters=(_KEY,),
    body=Body(
        {
            "application/json": CommentIn,
            "multipart/form-data": CommentForm,
            "application/x-www-form-urlencoded": CommentIn,
        },
        {"an argument": {"text": "La cour atteint 41 °C en juin.", "stance": "for"}},
        "JSON, or a form when there are photos.",
    ),
    answers={
        201: Answer(
            "Kept.",
            CommentKept,
            example={"id": 12, "waits": False, "url": "https://auzolan.example/c/BAY-4817/commentaires#c12"},
            headers=_COOKIE,
        )
    },
    problems={
        403: "The request comes from a page of another site.",
        409: "The debate is over (type `…:debate-closed`).",
        **_MISSING,
    },
)
