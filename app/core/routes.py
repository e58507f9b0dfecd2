"""Routes whose addresses are cheap until somebody asks for one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from werkzeug.routing import Rule


class Route(Rule):
    """A route that compiles what writes its address when it is first written.

    Werkzeug compiles two functions a route as soon as it is added: nearly all of the time that `create_app` takes,
    for addresses most of which a process never writes. Werkzeug calls this method for both; should it cease to, its
    own ways remain.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compile_now = super()._compile_builder

        @cache
        def builder() -> Callable[..., tuple[str, str]]:
            return compile_now(append_unknown)

        return lambda route, /, **values: builder()(route, **values)
