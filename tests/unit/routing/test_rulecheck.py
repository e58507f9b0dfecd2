"""Rules when they are saved: unknown names, impossible, out of reach; and never a false alarm."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.features.territories.matching import Case, compile_condition
from app.features.territories.packs.conditions import MAX_NODES, leaves, parse_condition
from app.features.territories.packs.rulecheck import RuleIssue, RuleToCheck, Town, check_rules
from app.features.territories.packs.schema import Category
from app.features.territories.routing import RoutingFacts, Rule, RuleSet


def category(slug: str, parent: str | None = None, kinds: Any = (), *questions: dict[str, Any]) -> Category:
    return Category.model_validate(
        {"slug": slug, "parent": parent, "labels": {}, "icon": "other", "kinds": kinds, "questions": questions}
    )


YES_NO = {"slug": "wires", "label": {}, "type": "yes_no"}
CHOICE = {
    "slug": "state",
    "label": {},
    "type": "choice",
    "options": [{"slug": s, "label": {}} for s in ("a", "b", "c")],
}
MULTI = {**CHOICE, "slug": "when", "type": "multi"}
NUMBER = {"slug": "weeks", "label": {}, "type": "number"}
CATEGORIES = [
    category("light"),
    category("lamp", "light", ["problem", "praise"], YES_NO, CHOICE),
    category("mast", "light", ["problem"], MULTI),
    category("bin", None, ["problem", "proposal"], NUMBER),
    category("idea", None, ["proposal"]),
]
TOWN = Town({one.slug: one for one in CATEGORIES}, {"quarter": {"port", "hill"}, "park": set()}, {"x", "y"}, None)


def check(*conditions: Any, service: str = "x", town: Town = TOWN) -> list[RuleIssue]:
    return check_rules([RuleToCheck(f"r{n}", when, service) for n, when in enumerate(conditions)], town)


def words(*conditions: Any) -> str:
    issues = check(*conditions)
    assert len(issues) == 1, issues
    return str(issues[0].message)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"all": []}, {"kind": "problem"}),
        ({"category": "light"}, {"category": "lamp"}),
        ({"category": ["lamp", "mast"]}, {"category": "light"}),
        ({"kind": "problem"}, {"category": "mast"}),
        ({"zone": "quarter/*"}, {"zone": "quarter/port"}),
        ({"zone": ["quarter/port", "quarter/hill"]}, {"zone": "quarter/*"}),
        ({"zone": "park/*"}, {"all": [{"zone": "park/*"}, {"hours": "22:00-06:00"}]}),
        ({"hours": "22:00-06:00"}, {"hours": "23:00-01:00"}),
        ({"hours": ["22:00-24:00", "00:00-06:00"]}, {"hours": "22:00-06:00"}),
        ({"weekday": ["sat", "sun"]}, {"weekday": "sun"}),
        ({"not": {"weekday": "mon"}}, {"weekday": "sun"}),
        ({"channel": ["phone", "desk"]}, {"channel": "desk"}),
        ({"answer": {"question": "state", "is": ["a", "b"]}}, {"answer": {"question": "state", "is": "a"}}),
        ({"text": ["mât", "candélabre"]}, {"text": "MAT"}),
        ({"any": [{"kind": "praise"}, {"kind": "problem"}]}, {"category": "lamp"}),
        ({"not": {"zone": "quarter/port"}}, {"not": {"zone": "quarter/*"}}),
        ({"not": {"all": [{"kind": "problem"}, {"channel": "web"}]}}, {"kind": "praise"}),
    ],
)
def test_what_an_earlier_rule_takes_whole(earlier: Any, later: Any) -> None:
    assert "rule 1 (“r0”)" in words(earlier, later)
    assert [issue.rule for issue in check(earlier, later)] == [1]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"category": "lamp"}, {"category": "light"}),
        ({"zone": "quarter/port"}, {"zone": "quarter/*"}),
        ({"zone": "quarter/port"}, {"zone": "quarter/hill"}),
        ({"zone": "park/*"}, {"zone": "quarter/*"}),
        ({"hours": "22:00-06:00"}, {"hours": "21:59-23:00"}),
        ({"text": "mat"}, {"text": "mat*"}),
        ({"all": [{"kind": "problem"}, {"zone": "quarter/port"}]}, {"kind": "problem"}),
        ({"not": {"zone": "quarter/*"}}, {"not": {"zone": "quarter/port"}}),
        ({"answer": {"question": "weeks", "at_least": 3}}, {"answer": {"question": "weeks", "at_least": 4}}),
    ],
)
def test_what_is_still_reached(earlier: Any, later: Any) -> None:
    assert check(earlier, later) == []


def test_several_earlier_rules_may_share_the_taking() -> None:
    assert "rule 2" in words({"kind": "problem"}, {"kind": "praise"}, {"category": "lamp"})
    assert "rule 3" in words(
        {"weekday": ["sat", "sun"]}, {"hours": "18:00-08:00"}, {"hours": "08:00-18:00"}, {"channel": "phone"}
    )
    assert (
        check({"weekday": ["sat", "sun"]}, {"hours": "18:00-08:00"}, {"hours": "08:01-18:00"}, {"channel": "phone"})
        == []
    )
    issues = check({"zone": "quarter/port"}, {"zone": "quarter/hill"}, {"zone": ["quarter/port", "quarter/hill"]})
    assert issues == [], "a place may be in either: no single rule takes it, and this is not claimed"
    issues = check({"weekday": "sat"}, {"weekday": "sun"}, {"any": [{"weekday": "sat"}, {"weekday": "sun"}]})
    assert [issue.rule for issue in issues] == [2]


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ({"all": [{"kind": "praise"}, {"category": "bin"}]}, "no category"),
        ({"all": [{"category": "bin"}, {"category": "lamp"}]}, "no category"),
        ({"all": [{"category": "bin"}, {"answer": {"question": "wires", "is": "yes"}}]}, "no category"),
        ({"all": [{"weekday": "mon"}, {"weekday": "tue"}]}, "weekdays"),
        ({"all": [{"hours": "08:00-09:00"}, {"hours": "10:00-11:00"}]}, "hours"),
        ({"all": [{"hours": "22:00-06:00"}, {"not": {"hours": "21:00-07:00"}}]}, "hours"),
        ({"all": [{"channel": "web"}, {"not": {"channel": ["web", "api"]}}]}, "channels"),
        ({"all": [{"zone": "quarter/port"}, {"not": {"zone": "quarter/*"}}]}, "refuses"),
        (
            {"all": [{"answer": {"question": "state", "is": "a"}}, {"answer": {"question": "state", "is": "b"}}]},
            "refuses",
        ),
        ({"not": {"all": []}}, "never hold"),
    ],
)
def test_impossible(when: Any, said: str) -> None:
    assert said in words(when)


def test_possible_all_the_same() -> None:
    several = {"all": [{"answer": {"question": "when", "is": "a"}}, {"answer": {"question": "when", "is": "b"}}]}
    assert check(several) == []
    assert check({"all": [{"zone": "quarter/port"}, {"zone": "quarter/hill"}]}) == []


def test_an_impossible_rule_shadows_nothing_and_a_sleeping_one_neither() -> None:
    rules = [RuleToCheck("off", {"all": []}, "x", active=False), RuleToCheck("on", {"kind": "problem"}, "x")]
    assert check_rules(rules, TOWN) == []


def test_names_that_do_not_exist() -> None:
    when = {"all": [
        {"category": ["lamp", "lmap"]}, {"not": {"zone": ["quarter/dock", "ward/*"]}},
        {"any": [{"answer": {"question": "wirse", "is": "yes"}}, {"answer": {"question": "wires", "is": "maybe"}}]},
        {"answer": {"question": "state", "at_least": 2}},
    ]}  # fmt: skip
    issues = check(when, service="z")
    assert [(issue.path, str(issue.message).split("“")[1].split("”")[0]) for issue in issues] == [
        (("then", "service"), "z"),
        (("when", "all", 0, "category"), "lmap"),
        (("when", "all", 1, "not", "zone"), "dock"),
        (("when", "all", 1, "not", "zone"), "ward"),
        (("when", "all", 2, "any", 0, "answer"), "wirse"),
        (("when", "all", 2, "any", 1, "answer"), "maybe"),
        (("when", "all", 3, "answer"), "state"),
    ]


def test_services_of_the_territory_above() -> None:
    assert check({"kind": "problem"}, service="parent:metro") == []
    known = Town(TOWN.categories, TOWN.zones, {"x"}, {"metro"})
    assert check({"kind": "problem"}, service="parent:metro", town=known) == []
    assert "territory above" in str(check({"kind": "problem"}, service="parent:x", town=known)[0].message)


@pytest.mark.parametrize(
    ("when", "path"),
    [
        (None, ()),
        ([], ()),
        ({}, ()),
        ({"kind": "problem", "channel": "web"}, ()),
        ({"colour": 1}, ("colour",)),
        ({"all": {"kind": "problem"}}, ("all",)),
        ({"any": []}, ("any",)),
        ({"not": 4}, ("not",)),
        ({"all": [{"kind": "problem"}, {"kind": "moan"}]}, ("all", 1, "kind")),
        ({"kind": []}, ("kind",)),
        ({"kind": [3]}, ("kind", 0)),
        ({"category": "Lamp"}, ("category",)),
        ({"zone": "port"}, ("zone",)),
        ({"zone": "quarter/"}, ("zone",)),
        ({"weekday": "monday"}, ("weekday",)),
        ({"hours": 22}, ("hours",)),
        ({"hours": ["08:00-12:00", "25:00-26:00"]}, ("hours", 1)),
        ({"hours": "08:00"}, ("hours",)),
        ({"hours": "24:00-06:00"}, ("hours",)),
        ({"text": "*"}, ("text",)),
        ({"text": ""}, ("text",)),
        ({"answer": "yes"}, ("answer",)),
        ({"answer": {"question": "wires"}}, ("answer",)),
        ({"answer": {"question": "wires", "is": "yes", "given": True}}, ("answer",)),
        ({"answer": {"question": "W", "is": "yes"}}, ("answer", "question")),
        ({"answer": {"question": "weeks", "at_least": "3"}}, ("answer", "at_least")),
        ({"answer": {"question": "weeks", "at_least": 3, "at_most": 2}}, ("answer",)),
    ],
)
def test_syntax_errors_have_a_place(when: Any, path: tuple[str | int, ...]) -> None:
    condition, problems = parse_condition(when)
    assert condition is None
    assert [problem.path for problem in problems] == [path]
    issue = check(when)[0]
    assert issue.path == ("when", *path)


def test_true_and_false_are_yes_and_no() -> None:
    assert (
        parse_condition({"answer": {"question": "wires", "is": True}})[0]
        == (parse_condition({"answer": {"question": "wires", "is": "yes"}})[0])
    )


def test_a_rule_of_any_size_is_answered() -> None:
    deep: Any = {"kind": "problem"}
    for _ in range(30):
        deep = {"not": {"all": [deep]}}
    assert "too deep" in str(parse_condition(deep)[1][0].message)
    wide = {"any": [{"kind": "problem"}] * (MAX_NODES + 5)}
    assert len(parse_condition(wide)[1]) == 1
    product = {"all": [{"any": [{"text": f"a{n}"}, {"text": f"b{n}"}]} for n in range(12)]}
    assert check(product, product) == []


LEAVES = st.sampled_from(
    [
        {"kind": "problem"}, {"kind": ["praise", "proposal"]}, {"category": "light"}, {"category": ["lamp", "bin"]},
        {"zone": "quarter/port"}, {"zone": "quarter/*"}, {"zone": ["park/*", "quarter/hill"]}, {"channel": "phone"},
        {"answer": {"question": "wires", "is": "yes"}}, {"answer": {"question": "state", "is": ["a", "b"]}},
        {"answer": {"question": "when", "is": "a"}}, {"answer": {"question": "when", "is": ["b", "c"]}},
        {"answer": {"question": "wires", "given": True}}, {"answer": {"question": "weeks", "at_least": 3}},
        {"weekday": ["sat", "sun"]}, {"hours": "22:00-06:00"}, {"hours": "08:00-18:00"}, {"text": "mat"},
        {"text": ["mat", "trou"]},
    ]
)  # fmt: skip
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(lambda parts: {"all": parts}, st.lists(inner, max_size=3))
        | st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda part: {"not": part}, inner)
    ),
    max_leaves=6,
)
ANSWERS: dict[str, Any] = {
    "wires": ["yes", "no"],
    "state": ["a", "b", "c"],
    "when": [["a"], ["b", "c"], ["a", "b"]],
    "weeks": [1, 3],
}


@st.composite
def cases(draw: st.DrawFn) -> RoutingFacts:
    leaf = draw(st.sampled_from([one for one in CATEGORIES if one.kinds]))
    path = (leaf.parent, leaf.slug) if leaf.parent else (leaf.slug,)
    answers = {
        question.slug: draw(st.sampled_from(ANSWERS[question.slug]))
        for question in leaf.questions
        if draw(st.booleans())
    }
    return RoutingFacts(
        kind=draw(st.sampled_from(leaf.kinds)),
        category_path=path,
        at=datetime(2026, 11, 16, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 7 * 24 * 60))),
        zones={"quarter": draw(st.lists(st.sampled_from(["port", "hill"]), unique=True))},
        answers=answers,
        channel=draw(st.sampled_from(["web", "phone"])),
        text=draw(st.sampled_from(["", "un mât", "un trou", "mat et trou"])),
    )


@settings(max_examples=300, deadline=None)
@given(st.lists(CONDITIONS, min_size=2, max_size=4), st.lists(cases(), min_size=1, max_size=20))
def test_what_is_said_impossible_or_out_of_reach_never_decides(
    conditions: list[Any], facts: list[RoutingFacts]
) -> None:
    told = {issue.rule for issue in check(*conditions)}
    rules = [Rule(number, number, "", when, "x") for number, when in enumerate(conditions)]
    ready = RuleSet(rules, timezone="Europe/Paris")
    for case in facts:
        decision = ready.route(case)
        assert decision.flags == ()
        assert decision.rule_id not in told


def asked_alone(when: Any, case: RoutingFacts) -> str:
    """What a rule's conditions say in their order, up to the first that settles it; an explanation tries them all."""
    condition, _ = parse_condition(when)
    assert condition is not None
    try:
        return "holds" if compile_condition(condition)(Case(case, ZoneInfo("Europe/Paris"))) else "does not"
    except (TypeError, ValueError, AttributeError):
        return "fails"


@settings(max_examples=300, deadline=None)
@given(
    st.lists(CONDITIONS, min_size=1, max_size=4),
    st.lists(cases(), min_size=1, max_size=10),
    st.dictionaries(st.sampled_from(sorted(ANSWERS)), st.sampled_from([{"x": []}, [["a"], {}], 7, None])),
)
def test_a_rule_set_decides_as_its_rules_one_by_one(
    conditions: list[Any], facts: list[RoutingFacts], odd: dict[str, Any]
) -> None:
    rules = [Rule(number, number, "", when, "x") for number, when in enumerate(conditions)]
    ready = RuleSet(rules, timezone="Europe/Paris")
    for said in facts:
        case = replace(said, answers={**said.answers, **odd})
        outcomes = [asked_alone(when, case) for when in conditions]
        first = next((number for number, outcome in enumerate(outcomes) if outcome == "holds"), None)
        decision = ready.route(case)
        assert decision.rule_id == first
        assert [flag.rule_id for flag in decision.flags] == [
            number for number, outcome in enumerate(outcomes[:first]) if outcome == "fails"
        ]


@given(CONDITIONS)
def test_every_leaf_is_found(when: Any) -> None:
    condition, problems = parse_condition(when)
    assert problems == []
    assert condition is not None
    assert len(list(leaves(condition))) == str(when).count("'kind'") + sum(
        str(when).count(f"'{key}':") for key in ("category", "zone", "channel", "answer", "weekday", "hours", "text")
    )
