"""P79 to the letter: once somebody is erased, no column, file, key of Redis or line of a log says who they were."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from redis import Redis
from sqlalchemy import text

from app.features.contributions.photos import derive_photo
from app.features.tickets.placing import drain_intake
from tests.integration.residents.conftest import Town, subscribe, text_of
from tests.integration.residents.test_own_space import picture, report
from tests.support.push_service import PushService

EMAIL, NAME, PHONE = "maite.etxeberria@resident.example", "Maite Etxeberria", "0559123456"
DEVICE = "maite-on-her-phone"
_COLUMNS = text(
    """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND data_type NOT IN ('integer', 'bigint', 'smallint', 'boolean', 'USER-DEFINED',
      'double precision', 'real', 'date', 'timestamp with time zone', 'interval', 'numeric')
    ORDER BY 1, 2
    """
)


def columns_with(town: Town, wanted: list[str]) -> list[str]:
    """Where the database still says one of these, in any column that holds words, numbers of bytes or documents."""
    found = []
    for table, column in town.session.execute(_COLUMNS).all():
        # Bytes are read as they were written: those of a token, or of a word.
        statement = text(
            f'SELECT count(*) FROM "{table}" WHERE EXISTS (SELECT FROM unnest(CAST(:wanted AS text[])) AS w '
            f"WHERE lower(\"{column}\"::text) LIKE '%' || lower(w) || '%' "
            f"OR \"{column}\"::text LIKE '%' || encode(convert_to(w, 'UTF8'), 'hex') || '%')"
        )
        if count := town.session.scalar(statement, {"wanted": wanted}):
            found.append(f"{table}.{column}: {count}")
    town.session.commit()
    return found


def files_with(folder: Path, wanted: list[str]) -> list[str]:
    cache = (folder / "cache").resolve()
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and cache not in path.resolve().parents
        and any(each.encode() in path.read_bytes() or each in path.name for each in wanted)
    ]  # fmt: skip


def test_once_erased_nobody_finds_who_it_was(service: PushService, town: Town, redis_url: str, capfd: Any) -> None:
    browser = town.browser().sign_in(EMAIL)
    reference, token = report(browser, "Un banc cassé", email=EMAIL, name=NAME, phone=PHONE, photos=picture())
    drain_intake(town.session, limit=5)
    town.session.commit()
    (photo,) = town.session.scalars(text("SELECT id FROM photo")).all()
    derive_photo(town.session, photo_id=photo, location=town.app.extensions["settings"].storage.location)
    followed = town.browser().follow(town.reference, EMAIL)
    browser.press(f"/c/{town.reference}/soutenir", page=f"/c/{town.reference}")
    browser.press(f"/c/{town.reference}/suivre")
    assert subscribe(browser, service.subscription("maite-on-her-phone")) == 201
    town.change("accepted")
    mails = town.work()
    assert any(EMAIL in str(mail["To"]) for mail in mails)
    links = [link.split("/")[-1] for mail in mails for link in re.findall(r"/suivi/[\w.-]+", text_of(mail))]
    browser.press("/moi/donnees")
    town.work()
    wanted = [EMAIL, NAME, "Etxeberria", PHONE, "559123456", token, DEVICE, followed, *links]
    assert columns_with(town, [EMAIL]), "before, they are found"
    capfd.readouterr()
    assert browser.press("/moi/effacer", sure="1").status_code == 303
    town.work()
    assert columns_with(town, wanted) == []
    assert files_with(town.box.parent, wanted) == []
    redis = Redis.from_url(redis_url)
    told = [key.decode() + str(redis.dump(key)) for key in redis.scan_iter("*")]
    assert [each for each in told if any(word in each for word in wanted)] == []
    said = "".join(capfd.readouterr())
    assert [word for word in wanted if word in said] == []
    assert "Un banc cassé" in browser.open(f"/c/{reference}").text
    assert town.count("support") == 1
