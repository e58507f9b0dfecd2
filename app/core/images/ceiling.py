"""A ceiling on the memory a decoder may take, kept by the operating system."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def memory_ceiling(extra: int) -> Iterator[None]:
    """Lets this process grow its address space by at most `extra` bytes; beyond, allocations fail
    (MemoryError).

    The limit holds for the whole process, so it belongs in a process that does one thing: a worker's child.
    Where the system does not tell its address space (no /proc), there is no ceiling.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    statm = Path("/proc/self/statm")
    if not statm.exists():
        yield
        return
    limit = int(statm.read_text().split()[0]) * resource.getpagesize() + extra
    allowed = [limit, *(bound for bound in (soft, hard) if bound != resource.RLIM_INFINITY)]
    resource.setrlimit(resource.RLIMIT_AS, (min(allowed), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
