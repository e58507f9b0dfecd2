import functools

import pytest

from app.core.access import Access, access_of, public, require_role, signed_in
from app.features.accounts.access import local_address


def test_a_view_says_its_rule():
    assert access_of(public(lambda: "")) == Access("public")
    assert access_of(signed_in(lambda: "")) == Access("signed_in")
    assert access_of(require_role("agent", "manager")(lambda: "")) == Access("roles", frozenset({"agent", "manager"}))
    assert access_of(lambda: "") is None
    assert access_of(None) is None


def test_a_rule_survives_a_decorator_that_wraps():
    @public
    def view():
        return ""

    @functools.wraps(view)
    def around():
        return view()

    assert access_of(around) == Access("public")


def test_a_role_must_be_named():
    with pytest.raises(ValueError, match="role"):
        require_role()


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("/bureau", "/bureau"),
        ("/bureau/BAY-4817?onglet=equipe", "/bureau/BAY-4817?onglet=equipe"),
        ("//evil.example/", None),
        ("/\\evil.example", None),
        ("\\\\evil.example", None),
        ("https://evil.example/", None),
        ("javascript:alert(1)", None),
        ("bureau", None),
        ("/bureau\r\nSet-Cookie: a=b", None),
        ("/a\\..\\b", None),
        ("", None),
        (None, None),
    ],
)
def test_where_signing_in_may_lead(address, kept):
    assert local_address(address) == kept
