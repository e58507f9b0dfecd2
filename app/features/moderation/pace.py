"""How often each source sends, counted by all processes of the web together, and nobody waits for it.

The intake path asks nobody: each process counts in its memory. A moment after the first new count a thread adds what is
new to the sums in Redis and brings back what they are there. Without Redis each process counts for itself.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError

WINDOW_S = 600.0
"""Seconds over which a pace is measured."""
SHARE_S, REST_S = 0.5, 30.0
"""Seconds from a count to its being shared, and how long Redis is left alone after it did not answer."""

log = structlog.get_logger()


class Pace:
    """A sliding window of two buckets: what came in the last `WINDOW_S` seconds, near enough, one number a source."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._window = 0
        self._before: Counter[str] = Counter()
        self._now: Counter[str] = Counter()
        self._untold: Counter[str] = Counter()

    def hit(self, key: str, *, now: float) -> float:
        """Count one more from `key` at `now` (seconds); returns how many came in the window, this one included."""
        window, passed = divmod(now, WINDOW_S)
        with self._lock:
            if window != self._window:
                self._before = self._now if window == self._window + 1 else Counter()
                self._window, self._now, self._untold = int(window), Counter(), Counter()
            self._now[key] += 1
            self._untold[key] += 1
            return self._before[key] * (1 - passed / WINDOW_S) + self._now[key]

    def untold(self) -> tuple[int, Mapping[str, int]]:
        """The window, and what was counted here that the others were not told yet."""
        with self._lock:
            return self._window, dict(self._untold)

    def learn(self, window: int, told: Mapping[str, int], sums: Mapping[str, tuple[int, int]]) -> None:
        """Take over what all counted together, in the bucket before and in this one, after having told one's own."""
        with self._lock:
            if window != self._window:
                return
            self._untold -= Counter(told)
            for key, (before, now) in sums.items():
                self._before[key] = before
                self._now[key] = now + self._untold[key]


class SharedPace(Pace):
    """The same, with what the other processes count. `secret`: what is written names no source."""

    def __init__(self, *, redis_url: str, secret: bytes) -> None:
        super().__init__()
        self._url, self._secret = redis_url, secret[:64]
        self._sharing: threading.Timer | None = None
        self._rests_until = 0.0

    def hit(self, key: str, *, now: float) -> float:
        """As above; what is new is shared a moment later, by a thread of its own."""
        found = super().hit(key, now=now)
        if (self._sharing is None or not self._sharing.is_alive()) and time.monotonic() >= self._rests_until:
            self._sharing = threading.Timer(SHARE_S, self.share)
            self._sharing.daemon = True
            self._sharing.start()
        return found

    def share(self) -> None:
        """Tell what is new and learn what all counted; never raises."""
        window, told = self.untold()
        redis: Redis = Redis.from_url(self._url, socket_timeout=1, socket_connect_timeout=1)
        try:
            self.learn(window, told, self._exchange(redis, window, told))
        except (RedisError, OSError) as error:
            self._rests_until = time.monotonic() + REST_S
            log.warning("pace_without_redis", error=str(error))
        finally:
            redis.close()

    def _exchange(self, redis: Redis, window: int, told: Mapping[str, int]) -> dict[str, tuple[int, int]]:
        here, before = f"auzolan:pace:{window}", f"auzolan:pace:{window - 1}"
        with redis.pipeline(transaction=False) as pipe:
            for key, count in told.items():
                field = hashlib.blake2b(key.encode(), key=self._secret, digest_size=8).hexdigest()
                pipe.hget(before, field)
                pipe.hincrby(here, field, count)
            pipe.expire(here, int(2 * WINDOW_S))
            answers: list[Any] = pipe.execute()
        return {key: (int(answers[2 * n] or 0), int(answers[2 * n + 1])) for n, key in enumerate(told)}
