"""P79 to the letter: once somebody is erased, no column, no file and no key of Redis says who they were."""

from __future__ import annotations

import re
import zlib
from contextlib import suppress
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
TYPED = "amatxi.zubiri@elsewhere.example"
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


def everything_in(redis: Any) -> list[str]:
    """Each key with what it holds, as words; what RQ packs is unpacked."""
    readers = {
        b"string": redis.get, b"hash": redis.hgetall, b"set": redis.smembers, b"stream": redis.xrange,
        b"list": lambda key: redis.lrange(key, 0, -1), b"zset": lambda key: redis.zrange(key, 0, -1),
    }  # fmt: skip
    found = []
    for key in redis.scan_iter("*"):
        value = readers[redis.type(key)](key)
        packed = value.values() if isinstance(value, dict) else []
        for each in packed:
            with suppress(zlib.error):
                found.append(f"{key} {zlib.decompress(each)!r}")
        found.append(f"{key} {value!r}")
    return found


def test_once_erased_nobody_finds_who_it_was(service: PushService, town: Town, redis_url: str) -> None:
    browser = town.browser().sign_in(EMAIL)
    reference, token = report(browser, "Un banc cassé", email=TYPED, name=NAME, phone=PHONE, photos=picture())
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
    assert {EMAIL, TYPED} <= {str(mail["To"]) for mail in mails}
    links = [link.split("/")[-1] for mail in mails for link in re.findall(r"/suivi/[\w.-]+", text_of(mail))]
    browser.press("/moi/donnees")
    town.work()
    wanted = [EMAIL, TYPED, NAME, "Etxeberria", PHONE, "559123456", token, DEVICE, followed, *links]
    assert columns_with(town, [EMAIL]), "before, they are found"
    assert browser.press("/moi/effacer", sure="1").status_code == 303
    town.work()
    assert columns_with(town, wanted) == []
    assert files_with(town.box.parent, wanted) == []
    kept = everything_in(Redis.from_url(redis_url))
    assert [each for each in kept if any(word in each for word in wanted)] == []
    assert "Un banc cassé" in browser.open(f"/c/{reference}").text
    assert town.count("support") == 1
