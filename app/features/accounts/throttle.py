"""Wrong passwords are counted, right ones are not: guessing becomes slow, an honest person never waits.

Counts live in Redis so that all web processes share them; when Redis is away each process counts for itself.
"""

from __future__ import annotations

import structlog
from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from app.settings import SessionSettings

WINDOW_MIN = 15

log = structlog.get_logger()


class Throttle:
    """Two windows of 15 minutes: one per (account, address), one per address."""

    def __init__(self, settings: SessionSettings, *, redis_url: str | None = None) -> None:
        self._pair = RateLimitItemPerMinute(settings.wrong_per_account, WINDOW_MIN)
        self._address = RateLimitItemPerMinute(settings.wrong_per_address, WINDOW_MIN)
        self._local = MovingWindowRateLimiter(MemoryStorage())
        self._shared: MovingWindowRateLimiter | None = None
        if redis_url:
            # The `limits` library names sockets `redis+unix`, redis-py names them `unix`.
            uri = redis_url.replace("unix://", "redis+unix://", 1) if redis_url.startswith("unix://") else redis_url
            self._shared = MovingWindowRateLimiter(RedisStorage(uri, socket_timeout=1, socket_connect_timeout=1))

    def allowed(self, *, email: str, address: str) -> bool:
        """Whether one more attempt may be made; asking costs nothing."""
        return self._each("test", email, address)

    def failed(self, *, email: str, address: str) -> None:
        """Count one wrong password."""
        self._each("hit", email, address)

    def _each(self, verb: str, email: str, address: str) -> bool:
        who = email.strip().lower()[:254]
        for limiter in (self._shared, self._local):
            if limiter is None:
                continue
            try:
                act = getattr(limiter, verb)
                # Both windows are always touched: a full one must not hide the other.
                verdicts = (act(self._pair, "login", who, address), act(self._address, "login", address))
            except (RedisError, StorageError, OSError) as error:
                log.warning("throttle_without_redis", error=str(error))
                continue
            return all(verdicts)
        return True
