from app.features.accounts.throttle import Throttle
from app.settings import SessionSettings


def wrong(throttle, email, address, times):
    for _ in range(times):
        throttle.failed(email=email, address=address)


def test_five_wrong_passwords_close_the_pair_and_nothing_else():
    throttle = Throttle(SessionSettings(wrong_per_account=5, wrong_per_address=30))
    wrong(throttle, "a@b.fr", "192.0.2.1", 4)
    assert throttle.allowed(email="a@b.fr", address="192.0.2.1")
    wrong(throttle, " A@B.fr ", "192.0.2.1", 1)
    assert not throttle.allowed(email="a@b.fr", address="192.0.2.1")
    assert throttle.allowed(email="a@b.fr", address="192.0.2.2")
    assert throttle.allowed(email="c@b.fr", address="192.0.2.1")


def test_trying_many_accounts_from_one_address_closes_the_address():
    throttle = Throttle(SessionSettings(wrong_per_account=5, wrong_per_address=12))
    for n in range(12):
        wrong(throttle, f"{n}@b.fr", "192.0.2.1", 1)
    assert not throttle.allowed(email="new@b.fr", address="192.0.2.1")
    assert throttle.allowed(email="new@b.fr", address="192.0.2.9")


def test_asking_is_free():
    throttle = Throttle(SessionSettings(wrong_per_account=1, wrong_per_address=1))
    for _ in range(50):
        assert throttle.allowed(email="a@b.fr", address="192.0.2.1")
