import pytest

from app.core.errors import Invalid
from app.features.tickets import schemas
from app.features.tickets.schemas import read_event


def test_without_a_type_it_is_a_change_of_state():
    event = read_event({"state": "done", "text": "Réparé.", "version": 3})
    assert isinstance(event, schemas.StateEvent)
    assert (event.state, event.text, event.version) == ("done", "Réparé.", 3)


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ({"type": "note", "text": "x"}, schemas.NoteEvent),
        ({"type": "answer", "text": "x"}, schemas.AnswerEvent),
        ({"type": "assign", "assignee": None}, schemas.AssignEvent),
        ({"type": "move", "service": " voirie "}, schemas.MoveEvent),
        ({"type": "category", "category": "trou"}, schemas.CategoryEvent),
        ({"type": "place", "lon": -1.4, "lat": 43}, schemas.PlaceEvent),
        ({"type": "duplicate", "duplicate_of": "BID-1"}, schemas.DuplicateEvent),
        ({"type": "unduplicate"}, schemas.UnduplicateEvent),
        ({"type": "split", "contribution": "BID-2"}, schemas.SplitEvent),
    ],
)
def test_every_type(sent, kind):
    assert isinstance(read_event(sent | {"version": 1}), kind)


@pytest.mark.parametrize(
    ("sent", "pointers"),
    [
        ([], [""]),
        ("done", [""]),
        ({}, ["/version", "/state"]),
        ({"state": "done"}, ["/version"]),
        ({"state": "done", "version": "1"}, ["/version"]),
        ({"state": "done", "version": True}, ["/version"]),
        ({"state": "done", "version": 0}, ["/version"]),
        ({"state": 7, "version": 1}, ["/state"]),
        ({"state": "done", "version": 1, "text": None}, ["/text"]),
        ({"state": "done", "version": 1, "colour": "red"}, ["/colour"]),
        ({"state": "planned", "version": 1, "planned_on": "demain"}, ["/planned_on"]),
        ({"type": "dance", "version": 1}, ["/type"]),
        ({"type": "move", "version": 1}, ["/service"]),
        ({"type": "assign", "version": 1}, ["/assignee"]),
        ({"type": "place", "lon": float("nan"), "lat": 43, "version": 1}, ["/lon"]),
        ({"type": "place", "lon": "ouest", "lat": None, "version": 1}, ["/lon", "/lat"]),
    ],
)
def test_what_is_wrong_is_pointed_at(sent, pointers):
    with pytest.raises(Invalid) as refused:
        read_event(sent)
    assert [error.pointer for error in refused.value.errors] == pointers
