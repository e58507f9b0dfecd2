"""The session, as the API's document tells it."""

from __future__ import annotations

from typing import Final

from app.core.openapi import Answer, Body, Operation
from app.features.accounts.shapes import Credentials, OpenedSession, SessionDocument

TAG: Final = "Session"

_ACCOUNT: Final = {
    "email": "agent@bayonne.example",
    "name": "Maite",
    "role": "agent",
    "territory": "bayonne",
    "services": ["roads"],
    "language": "fr",
}

OPEN: Final = Operation(
    tag=TAG,
    summary="Sign in",
    description="The answer holds a bearer token; the same session is set as a cookie. After several wrong passwords "
    "one waits.",
    body=Body(
        {"application/json": Credentials, "application/x-www-form-urlencoded": Credentials},
        {"an agent": {"email": "agent@bayonne.example", "password": "sept lampadaires"}},
    ),
    answers={
        201: Answer(
            "Signed in.",
            OpenedSession,
            example={
                "token": "auz_3v0Fq…",
                "token_type": "Bearer",
                "expires_at": "2026-11-27T20:00:00+00:00",
                "account": _ACCOUNT,
            },
            headers={"Set-Cookie": "The session."},
        )
    },
    problems={401: "The e-mail address or the password is wrong.", 403: "The request comes from another site."},
)
SHOW: Final = Operation(
    tag=TAG,
    summary="Who is signed in",
    answers={200: Answer("The account.", SessionDocument, example={"account": _ACCOUNT})},
)
CLOSE: Final = Operation(
    tag=TAG,
    summary="Sign out",
    description="Ends the session and the token of this request.",
    answers={204: Answer("Signed out.")},
)
