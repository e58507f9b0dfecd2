import pytest

from app.features.accounts import credentials


def test_a_password_is_kept_as_argon2id_and_only_itself_opens():
    stored = credentials.hashed("sept lampadaires")
    assert stored.startswith("$argon2id$")
    assert credentials.verified("sept lampadaires", stored) == (True, None)
    assert credentials.verified("Sept lampadaires", stored) == (False, None)


def test_two_hashes_of_one_password_differ():
    assert credentials.hashed("sept lampadaires") != credentials.hashed("sept lampadaires")


def test_an_older_hash_is_renewed_when_the_password_is_right():
    from pwdlib.hashers.argon2 import Argon2Hasher

    old = Argon2Hasher(time_cost=1, memory_cost=8_192, parallelism=1).hash("sept lampadaires")
    ok, renewed = credentials.verified("sept lampadaires", old)
    assert ok
    assert renewed is not None
    assert credentials.verified("sept lampadaires", renewed) == (True, None)
    assert credentials.verified("another one", old) == (False, None)


def test_nobody_never_opens_even_with_the_thrown_away_password():
    assert credentials.verified("nobody has this password", None) == (False, None)
    assert credentials.verified("", None) == (False, None)


def test_a_huge_password_is_not_hashed_and_never_opens():
    stored = credentials.hashed("x" * 10 + "abcdef")
    assert credentials.verified("y" * 1_000_000, stored) == (False, None)


@pytest.mark.parametrize(
    ("password", "refused"),
    [
        ("abcdefgh", False),
        ("abcdefg", True),
        ("a" * 300, True),
        ("aaaaaaaaaa", True),
        ("maite@bayonne.fr", True),
        ("MAITE@bayonne.FR", True),
        ("maite", True),
        ("Gaueko argia 7", False),
    ],
)
def test_which_passwords_are_refused(password, refused):
    assert (credentials.weakness(password, email="maite@bayonne.fr") is not None) is refused
