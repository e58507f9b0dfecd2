"""Rules in order, fallbacks, failures, words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.core.messages import Message
from app.features.territories.routing import (
    CategoryService,
    Decision,
    Names,
    RoutingFacts,
    Rule,
    RuleSet,
    RuleSets,
    explain,
    reason_in_words,
    route,
)

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 11, 18, 12, 0, tzinfo=PARIS)  # a Wednesday


def facts(**changes: Any) -> RoutingFacts:
    given: dict[str, Any] = {
        "kind": "problem",
        "category_path": ("lighting", "lamp-out"),
        "at": NOON,
        "zones": {"quarter": ["saint-esprit"], "park": []},
        "answers": {"wires": "no", "lamps": 3, "moments": ["night", "evening"]},
        "channel": "web",
        "text": "Le MÂT penche, trois lampadaires éteints",
    }
    return RoutingFacts(**{**given, **changes})


def rule(number: int, when: Any, service: str = "energy", **more: Any) -> Rule:
    return Rule(number, number, {"fr": f"règle {number}", "en": f"rule {number}"}, when, service, **more)


def holds(when: Any, at: RoutingFacts | None = None) -> bool:
    decision = route([rule(1, when)], at or facts(), timezone=PARIS)
    assert decision.flags == ()
    return decision.code == "rule"


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"kind": "problem"}, True),
        ({"kind": ["praise", "proposal"]}, False),
        ({"category": "lamp-out"}, True),
        ({"category": "lighting"}, True),
        ({"category": ["roads", "lamp"]}, False),
        ({"zone": "quarter/saint-esprit"}, True),
        ({"zone": "quarter/*"}, True),
        ({"zone": "park/*"}, False),
        ({"zone": ["park/*", "quarter/port"]}, False),
        ({"answer": {"question": "wires", "is": "no"}}, True),
        ({"answer": {"question": "wires", "is": ["yes", "maybe"]}}, False),
        ({"answer": {"question": "moments", "is": "night"}}, True),
        ({"answer": {"question": "lamps", "at_least": 3}}, True),
        ({"answer": {"question": "lamps", "at_least": 1, "at_most": 2.5}}, False),
        ({"answer": {"question": "absent", "at_most": 2}}, False),
        ({"answer": {"question": "absent", "given": False}}, True),
        ({"answer": {"question": "wires", "given": True}}, True),
        ({"weekday": "wed"}, True),
        ({"weekday": ["sat", "sun"]}, False),
        ({"hours": "12:00-12:01"}, True),
        ({"hours": "22:00-12:00"}, False),
        ({"channel": ["phone", "web"]}, True),
        ({"text": "mat"}, True),
        ({"text": "lampadaire"}, False),
        ({"text": "lampadaire*"}, True),
        ({"text": ["trois lampadaires"]}, True),
        ({"all": []}, True),
        ({"all": [{"kind": "problem"}, {"category": "roads"}]}, False),
        ({"all": [{"kind": "problem"}, {"channel": "web"}, {"category": "lighting"}]}, True),
        ({"any": [{"kind": "praise"}, {"category": "lighting"}]}, True),
        ({"any": [{"kind": "praise"}, {"category": "roads"}]}, False),
        ({"not": {"category": "roads"}}, True),
        ({"not": {"any": [{"kind": "problem"}, {"kind": "praise"}]}}, False),
    ],
)
def test_each_condition(when: Any, expected: bool) -> None:
    assert holds(when) is expected


def test_hour_bounds_first_included_last_excluded() -> None:
    def at(hour: int, minute: int) -> RoutingFacts:
        return facts(at=datetime(2026, 11, 18, hour, minute, tzinfo=PARIS))

    late = {"all": [{"category": "lighting"}, {"zone": "quarter/*"}, {"hours": "22:00-24:00"}]}
    assert not holds(late, at(21, 59))
    assert holds(late, at(22, 0))
    assert holds(late, at(23, 59))
    assert not holds(late, at(0, 0))
    night = {"hours": "22:00-06:00"}
    assert [holds(night, at(h, m)) for h, m in ((21, 59), (22, 0), (0, 0), (5, 59), (6, 0))] == [
        False, True, True, True, False,
    ]  # fmt: skip
    assert holds({"hours": ["07:00-08:00", "12:00-13:00"]})


def test_weekday_and_hour_are_the_towns() -> None:
    sunday_evening_utc = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    monday = [rule(1, {"all": [{"weekday": "mon"}, {"hours": "00:00-01:00"}]})]
    assert route(monday, facts(at=sunday_evening_utc), timezone="Europe/Paris").code == "rule"
    assert route(monday, facts(at=sunday_evening_utc), timezone="America/Cayenne").code == "triage"


def test_both_sides_of_a_clock_change() -> None:
    # On 25 October 2026 the hour from 2 to 3 happens twice in Paris; on 29 March it never does.
    early = {"hours": "02:00-03:00"}
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    again = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    after = datetime(2026, 10, 25, 2, 0, tzinfo=UTC)
    assert [holds(early, facts(at=at)) for at in (first, again, after)] == [True, True, False]
    jump = [datetime(2026, 3, 29, 0, 59, tzinfo=UTC), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)]
    assert [holds(early, facts(at=at)) for at in jump] == [False, False]


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        route([], facts(at=datetime(2026, 1, 1)), timezone=PARIS)


def test_the_first_that_holds_wins_whatever_the_order_given() -> None:
    rules = [
        rule(3, {"category": "lighting"}, "third"),
        rule(1, {"kind": "praise"}, "first"),
        rule(2, {"category": "lighting"}, "second"),
    ]
    decision = route(rules, facts(), timezone=PARIS)
    assert (decision.service, decision.rule_id, decision.code) == ("second", 2, "rule")


def test_fallbacks_category_then_ancestor_then_triage() -> None:
    services = {
        "lighting": CategoryService("lights", {"proposal": "ideas"}),
        "lamp-out": CategoryService(None, {"praise": "thanks"}),
    }

    def go(kind: str, **more: Any) -> Decision:
        return route([], facts(kind=kind), timezone=PARIS, categories=services, **more)

    assert (go("praise").service, go("praise").code) == ("thanks", "category")
    assert (go("problem").service, go("problem").code) == ("lights", "ancestor")
    assert go("proposal").service == "ideas"
    assert (go("problem", services={"ideas"}).service, go("problem", services=()).code) == (None, "triage")
    assert route([], facts(category_path=()), timezone=PARIS).code == "triage"


def test_broken_rules_are_skipped_and_flagged_never_in_the_way() -> None:
    rules = [
        rule(1, {"colour": "red"}),
        rule(2, {"all": [{"kind": "problem"}]}, "gone"),
        rule(3, {"answer": {"question": "moments", "at_least": 2}}),
        rule(4, {"kind": "problem"}, "energy"),
        rule(5, "nonsense", active=False),
    ]
    decision = route(rules, facts(), timezone=PARIS, services={"energy"})
    assert (decision.service, decision.rule_id) == ("energy", 4)
    assert [(flag.rule_id, flag.number) for flag in decision.flags] == [(1, 1), (2, 2), (3, 3)]
    assert "colour" in str(decision.flags[0].message)
    assert "gone" in str(decision.flags[1].message)
    assert "TypeError" in str(decision.flags[2].message)


def test_a_rule_of_another_kind_still_says_that_it_fails() -> None:
    # It looks at the answer before it looks at the kind.
    strange = rule(1, {"all": [{"answer": {"question": "moments", "at_least": 3}}, {"kind": "praise"}]})
    other = rule(2, {"all": [{"kind": "praise"}, {"answer": {"question": "moments", "at_least": 3}}]})
    assert [flag.rule_id for flag in route([strange, other], facts(), timezone=PARIS).flags] == [1]


def test_inactive_rules_do_nothing() -> None:
    assert route([rule(1, {"all": []}, active=False)], facts(), timezone=PARIS).code == "triage"


def test_the_reason_is_said_in_the_readers_language() -> None:
    french = {"rule %(number)s: %(name)s → %(service)s": "règle %(number)s : %(name)s → %(service)s"}
    twelve = Rule(7, 12, {"fr": "éclairage à Saint-Esprit", "en": "lighting in Saint-Esprit"}, {"all": []}, "nrj")
    stored = route([twelve], facts(), timezone=PARIS).to_json()
    assert stored["rule"] == 7
    reason = reason_in_words(stored, Names(services={"nrj": {"fr": "Énergie", "en": "Energy"}}))
    assert reason.render(translate=lambda text: french.get(text, text), language="fr") == (
        "règle 12 : éclairage à Saint-Esprit → Énergie"
    )
    assert reason.render(language="en") == "rule 12: lighting in Saint-Esprit → Energy"


def test_explain_says_for_each_rule_what_it_made_of_the_case() -> None:
    rules = [
        rule(1, {"all": [{"kind": "problem"}, {"hours": "22:00-06:00"}]}),
        rule(2, {"category": "lighting"}),
        rule(3, {"all": []}),
        rule(4, {"not": {"zone": "quarter/*"}}),
        rule(5, {"hours": "25:00-26:00"}),
        rule(6, {"all": []}, active=False),
        rule(7, {"any": [{"channel": "phone"}, {"channel": "desk"}]}),
        rule(8, {"any": [{"channel": "phone"}, {"channel": "web"}]}),
    ]
    said = explain(rules, facts(), timezone=PARIS, names=Names(zones={"quarter/saint-esprit": {"fr": "St-Esprit"}}))
    assert [one.outcome for one in said] == [
        "failed", "decided", "later", "failed", "skipped", "inactive", "failed", "later",
    ]  # fmt: skip
    assert str(said[0].message) == "the hour is within 22:00-06:00: no, here it is 12:00"
    assert [(step.path, step.held) for step in said[0].steps] == [(("all", 0), True), (("all", 1), False)]
    assert str(said[3].message) == "not (the place is in any quarter): no, here it is St-Esprit"
    assert "25:00-26:00" in str(said[4].message)
    assert len(said[6].steps) == 2
    assert [step.held for step in said[7].steps] == [True]


def test_explain_agrees_with_route() -> None:
    rules = [rule(1, {"kind": "praise"}), rule(2, {"text": "mat"}), rule(3, {"all": []})]
    ready = RuleSet(rules, timezone=PARIS)
    for text in ("mât", "rien"):
        decided = [one.rule_id for one in ready.explain(facts(text=text)) if one.outcome == "decided"]
        assert decided == [ready.route(facts(text=text)).rule_id]


def test_compiled_rules_are_kept_until_their_version_changes() -> None:
    built = []

    def build() -> RuleSet:
        built.append(1)
        return RuleSet([], timezone=PARIS)

    kept = RuleSets(limit=2)
    first = kept.get("a", 1, build)
    assert kept.get("a", 1, build) is first
    assert kept.get("a", 2, build) is not first
    kept.get("b", 1, build)
    kept.get("c", 1, build)
    kept.get("a", 2, build)
    assert len(built) == 5


def test_messages_survive_storage() -> None:
    message = Message("%(a)s and %(b)s", {"a": Message("x"), "b": ["1", {"fr": "deux"}]})
    assert Message.from_json(message.to_json()).render(language="fr") == "x and 1, deux"
    assert str(Message("100 %%")) == "100 %"
