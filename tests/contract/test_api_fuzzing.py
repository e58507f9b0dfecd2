"""The API thrown at: cases made from its own document, true to it and not, and JSON of any kind.

Nothing here is random: the same examples come every time. Each answer is compared with the document twice, by
schemathesis and by `tests.support.conformance`. An exception in a view is not turned into a 500 here: it fails the test
with its trace.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.core.errors import json_pointer
from app.features.contributions.schemas import ContributionIn
from tests.contract.house import HERE, good

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
QUIET = {
    "derandomize": True,
    "database": None,
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "phases": (Phase.explicit, Phase.generate, Phase.shrink),
}


def existing(reference: str) -> dict[str, Any]:
    """What exists in the town, by the names of parameters and of fields."""
    return {
        "reference": reference, "slug": "roads", "territory": "bayonne", "category": "pothole", "kind": "problem",
        "bbox": "-1.6,43.4,-1.4,43.6", "state": "open", "q": "rue", **HERE,
        "text": "Un trou.", "answers": {}, "contact": {},
    }  # fmt: skip


def grounded(case: Any, known: dict[str, Any]) -> None:
    """Put what exists in the place of what was made up, so that a case gets beyond the first door."""
    for holder in (case.path_parameters, case.query, case.body):
        if isinstance(holder, dict):
            holder.update({name: value for name, value in known.items() if name in holder})


def throw_cases(
    operation: Any, mode: GenerationMode, known: dict[str, Any], headers: dict[str, str], answered: set[int]
) -> None:
    """Cases of one operation, and what is wrong with its answers."""

    @settings(max_examples=10 if mode is GenerationMode.POSITIVE else 6, **QUIET)
    @given(case=operation.as_strategy(mode), exists=st.booleans())
    def throw(case: Any, exists: bool) -> None:
        if exists:
            grounded(case, known)
        answer = case.call(headers=headers)
        answered.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    throw()


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_cases_made_from_the_document(
    mode: GenerationMode, app: Flask, client: Any, house: Any, subtests: pytest.Subtests
) -> None:
    known = existing(client.post("/api/v1/contributions", json=good()).get_json()["reference"])
    house.place()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, config=SchemathesisConfig())
    bearer = house.bearer()
    answered: set[int] = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        # Its session would end for the others too.
        headers = {} if operation.label.startswith("DELETE") else bearer
        # Called without a network in between, nobody unpacks what a browser would.
        headers = headers | {"Accept-Encoding": "identity"}
        with subtests.test(operation.label):
            throw_cases(operation, mode, known, headers, answered)
    # Past the first door, and through every kind of refusal; what is made up changes with the words in the code.
    assert answered >= ({200, 400, 401, 404} if mode is GenerationMode.POSITIVE else {400, 401, 404})


# JSON as text, because what no dict can hold is the interesting part: a field twice, NaN, half a surrogate pair.
_NAMES = st.one_of(st.sampled_from([*ContributionIn.model_fields, "version", "type", "state"]), st.text(max_size=8))
_SCALARS = st.one_of(
    st.sampled_from(
        [
            "null", "true", "NaN", "-Infinity", "1e999", "-0", "1" * 400, "-" + "9" * 5000, "1e-400", "43.4929",
            r'"\ud800"', r'"\u0000"', r'"\udc00\ud800"', '"\x01"', '""', "", "{", '"', "\\", "01", "'a'", "\ufeff",
        ]
    ),
    st.integers().map(str),
    st.floats().map(json.dumps),
    st.text(max_size=20).map(json.dumps),
)  # fmt: skip


def _object(pairs: list[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in pairs) + "}"


ANY_JSON = st.one_of(
    st.recursive(
        _SCALARS,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4).map(lambda values: f"[{','.join(values)}]"),
            st.lists(st.tuples(_NAMES, inner), max_size=5).map(_object),
        ),
        max_leaves=12,
    ),
    st.tuples(st.sampled_from(["[]", '{"a":}']), st.sampled_from([10, 23, 24, 25, 26, 900, 1100, 30_000])).map(
        lambda nest: nest[0][:-1] * nest[1] + "1" + nest[0][-1] * nest[1]
    ),
)
_POINTER = re.compile(r"(/([^~/]|~[01])*)*")


def over(body: dict[str, Any], name: str, value: str) -> str:
    """A body that passes, with one more field, or one twice."""
    return _object([*((key, json.dumps(one)) for key, one in body.items()), (name, value)])


def answered_well(answer: Any, *, accepted: set[int]) -> None:
    """An answer that a program can act on."""
    if answer.status_code in accepted:
        return
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.mimetype == "application/problem+json"
    document = answer.get_json()
    assert document["status"] == answer.status_code and document["title"]
    if answer.status_code in (400, 422):
        assert document["errors"]
    for error in document["errors"]:
        assert error["message"] and _POINTER.fullmatch(error["pointer"]), error


def test_any_json_is_a_contribution_or_a_problem_with_a_pointer(app: Flask, client: Any, house: Any) -> None:
    @settings(max_examples=150, **QUIET)
    @given(
        st.one_of(ANY_JSON, st.builds(over, st.just(good()), _NAMES, ANY_JSON), st.builds(one_field, _NAMES, ANY_JSON))
    )
    @example('{"kind": "problem", "kind": "praise"}')
    @example("[" * 100_000)
    def throw(body: str) -> None:
        answer = client.post(
            "/api/v1/contributions", data=body.encode("utf-8", "surrogatepass"), content_type="application/json"
        )
        answered_well(answer, accepted={201})

    throw()
    # What was accepted can be read again, placed and listed.
    house.place()
    assert client.get("/api/v1/contributions?limit=500").status_code == 200


def one_field(name: str, value: str) -> str:
    """A body that passes, but for one field."""
    return _object([(key, value if key == name else json.dumps(one)) for key, one in good().items()])


def test_any_json_is_an_event_or_a_problem_with_a_pointer(client: Any, house: Any, send: Any) -> None:
    reference = send().get_json()["reference"]
    house.place()
    headers = house.bearer()
    bodies = (
        {"version": 1, "state": "accepted", "text": "a"},
        {"version": 1, "type": "assign", "assignee": "me"},
        {"version": 1, "type": "place", **HERE},
        {"version": 1, "type": "split", "contribution": reference},
        {"version": 1, "type": "duplicate", "duplicate_of": reference},
        {"version": 1, "type": "category", "category": "graffiti"},
    )
    names = st.one_of(st.sampled_from(sorted({name for body in bodies for name in body})), _NAMES)

    @settings(max_examples=150, **QUIET)
    @given(
        st.one_of(
            ANY_JSON,
            st.builds(over, st.sampled_from(bodies), names, ANY_JSON),
            st.builds(
                lambda body, name, value: _object(
                    [(key, value if key == name else json.dumps(one)) for key, one in body.items()]
                ),
                st.sampled_from(bodies),
                names,
                ANY_JSON,
            ),
        )
    )
    def throw(body: str) -> None:
        answer = client.post(
            f"/api/v1/tickets/{reference}/events",
            data=body.encode("utf-8", "surrogatepass"),
            content_type="application/json",
            headers=headers,
        )
        # 409: one of those before was done, and raised the version.
        answered_well(answer, accepted={200, 409})

    throw()


def test_an_unknown_field_is_refused_by_its_name(client: Any, house: Any, send: Any) -> None:
    reference = send().get_json()["reference"]
    house.place()
    headers, before = house.bearer(), house.rows()
    strange = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=12).filter(
        lambda name: name not in {*ContributionIn.model_fields, "version", "text", "type", "state"}
    )

    @settings(max_examples=40, **QUIET)
    @given(strange, st.sampled_from([None, 1, "x", [], {}]))
    @example("a/b~c", 1)
    @example("", 1)
    @example("Kind", "problem")
    @example("lat ", 1)
    def throw(name: str, value: Any) -> None:
        for path, body in (
            ("/api/v1/contributions", good()),
            ("/api/v1/contributions", good(contact={})),
            (f"/api/v1/tickets/{reference}/events", {"state": "accepted", "version": 1}),
            ("/api/v1/session", {"email": "agent@bayonne.example", "password": "x"}),
        ):
            inside = body.get("contact", body)
            inside[name] = value
            answer = client.post(path, json=body, headers=headers)
            pointer = json_pointer(*(["contact"] if inside is not body else []), name)
            known = inside is not body and name in ("name", "email", "phone", "silent")
            assert known or answer.status_code == 400, answer.text
            assert known or [error["pointer"] for error in answer.get_json()["errors"]] == [pointer], answer.text

    throw()
    assert house.rows() == before
