"""`python -m tests.audit [--url URL]`: Lighthouse, as a phone on slow 4G, over the pages that residents open first.

Starts a demo town of its own unless an address is given, prints a table, writes build/audit.json. It needs Node.js and,
the first time, the internet, for Lighthouse itself: that is why it is no test. Weights, accessibility and best
practices do not depend on the machine. Times do, and on what else it does: how long a page stands still, and how long
it takes to answer, are measured several times, and the median counts, as Lighthouse advises. Every figure is told.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from app.cli.stack.embedded import free_port
from app.cli.stack.places import Places
from app.cli.stack.state import read_state
from tests.audit import inp
from tests.audit.crowd import sown
from tests.support import chromium

CHECKOUT = Path(__file__).resolve().parents[2]
BUILD = CHECKOUT / "build" / "audit"
RESULT = CHECKOUT / "build" / "audit.json"
TOWN = BUILD / "town"
ACTS = BUILD / "acts.json"
LIGHTHOUSE = "lighthouse@12.8.2"
PROGRAM = BUILD / "node_modules" / "lighthouse" / "cli" / "index.js"
CATEGORIES = ("performance", "accessibility", "best-practices")
ROUNDS = 5
"""How often a time that moves with the machine is measured: Lighthouse's advice against variability."""
TILES = ("/tiles/", "/basemap/", "/photos/")
"""What a map fetches of the place it shows, whatever its programs weigh."""

Report = Mapping[str, Any]
Bar = tuple[str, str, Callable[[Report], float], float]
"""What, its unit, how to read it, and the most it may be."""


def metric(name: str) -> Callable[[Report], float]:
    """A figure that Lighthouse measures by itself."""
    return lambda report: float(report["audits"][name]["numericValue"])


def lacking(category: str) -> Callable[[Report], float]:
    """How many points of 100 are missing."""
    return lambda report: 100 - 100 * float(report["categories"][category]["score"])


def weight(wanted: Callable[[Mapping[str, Any], float], bool]) -> Callable[[Report], float]:
    """Kilobytes that travelled for the requests that are wanted; they are asked with the moment of the page's load."""

    def read(report: Report) -> float:
        loaded = report["audits"]["metrics"]["details"]["items"][0]["observedLoad"]
        asked = report["audits"]["network-requests"]["details"]["items"]
        return sum(one.get("transferSize", 0) for one in asked if wanted(one, loaded)) / 1000

    return read


def _early(one: Mapping[str, Any], loaded: float) -> bool:
    return bool(one["networkRequestTime"] < loaded)


def _early_script(one: Mapping[str, Any], loaded: float) -> bool:
    return _early(one, loaded) and one.get("resourceType") == "Script"


def before_usable(report: Report) -> float:
    """Kilobytes that travelled until the map can be used (a mark that the page sets), tiles and photos apart.

    The town must still be there: one size is asked of it.
    """
    marks = report["audits"]["user-timings"]["details"]["items"]
    usable = next(mark["startTime"] for mark in marks if mark["name"] == "map-usable")
    asked = report["audits"]["network-requests"]["details"]["items"]
    early = [
        one for one in asked if one["networkRequestTime"] < usable and not any(part in one["url"] for part in TILES)
    ]
    # Of the file that a worker begins with, Lighthouse hears the headers only.
    unheard = sum(_packed_size(one["url"]) for one in early if one["url"].partition("?")[0].endswith("-worker.mjs"))
    return float(sum(one.get("transferSize", 0) for one in early) + unheard) / 1000


def _packed_size(url: str) -> int:
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept-Encoding": "br"}), timeout=60) as answer:
        return len(answer.read())


GOOD: tuple[Bar, ...] = (
    ("points missing, accessibility", "of 100", lacking("accessibility"), 0),
    ("points missing, best practices", "of 100", lacking("best-practices"), 0),
    ("layout shift", "", metric("cumulative-layout-shift"), 0.1),
)
PAGES: Mapping[str, tuple[Bar, ...]] = {
    "/contribuer/problem": (
        ("LCP", "ms", metric("largest-contentful-paint"), 1800),
        ("before the first input", "KB", weight(_early), 120),
        ("scripts before the first input", "KB", weight(_early_script), 40),
        *GOOD,
    ),
    "/": (
        ("LCP", "ms", metric("largest-contentful-paint"), 2500),
        ("before it is usable, without tiles", "KB", before_usable, 350),
        *GOOD,
    ),
    "/liste": (("LCP", "ms", metric("largest-contentful-paint"), 2500), *GOOD),
    "/idees": (("LCP", "ms", metric("largest-contentful-paint"), 2500), *GOOD),
}


def main() -> None:
    """Audit the pages in order; the exit code says whether every bar was held."""
    parser = argparse.ArgumentParser(description="Lighthouse over the pages that residents open first.")
    parser.add_argument("--url", help="an address that runs already, instead of a town of its own")
    arguments = parser.parse_args()
    _install()
    rows: list[dict[str, Any]] = []
    with _town(arguments.url) as address:
        for path, bars in PAGES.items():
            print(f"{path} …", flush=True)
            report = _audited(address + path, BUILD / f"{path.strip('/').replace('/', '-') or 'map'}.json")
            rows += [_row(path, name, unit, read(report), most) for name, unit, read, most in bars]
        rows.append(_stands_still(address))
        if arguments.url is None:
            rows += _answers(address)
    RESULT.write_text(json.dumps(rows, indent=2) + "\n")
    _show(rows)
    sys.exit(0 if all(row["ok"] for row in rows) else 1)


def _row(page: str, name: str, unit: str, found: float | Sequence[float], most: float) -> dict[str, Any]:
    """A line of the table: of several figures, the median, which the others stand beside."""
    every = sorted(found) if isinstance(found, Sequence) else [found]
    value = round(median(every), 3)
    row = {"page": page, "name": name, "value": value, "unit": unit, "bar": most, "ok": value <= most}
    return row | {"every": [round(one) for one in every]} if len(every) > 1 else row


def _stands_still(address: str) -> dict[str, Any]:
    """Total blocking time of the map while it begins."""
    print(f"/ {ROUNDS} times …", flush=True)
    read = metric("total-blocking-time")
    found = [read(_audited(address, BUILD / "map.json", "performance")) for _ in range(ROUNDS)]
    return _row("/", "total blocking time", "ms", found, 200)


def _answers(address: str) -> list[dict[str, Any]]:
    """How long the map takes to answer a hand, at its slowest act, and how long our scripts take of that."""
    print(f"/ with five thousand contributions in sight, {ROUNDS} times …", flush=True)
    state = read_state(Places(TOWN))
    assert state is not None
    with sown(state.database_url):
        rounds = [inp.measure(address) for _ in range(ROUNDS)]
    ACTS.write_text(json.dumps(rounds, indent=2) + "\n")
    return [
        _row("/", "INP, 5,000 points", "ms", [max(act["lasted"] for act in acts) for acts in rounds], 200),
        _row("/", "our scripts, of an act", "ms", [max(act["scripts"] for act in acts) for acts in rounds], 100),
    ]


def _install() -> None:
    if shutil.which("npm") is None:
        sys.exit("The audit needs Node.js 18 or newer with npm: apt-get install nodejs npm")
    BUILD.mkdir(parents=True, exist_ok=True)
    if not PROGRAM.exists():
        print(f"installing {LIGHTHOUSE} into {BUILD.relative_to(CHECKOUT)} …", flush=True)
        command = ["npm", "install", "--prefix", str(BUILD), "--no-audit", "--no-fund", "--silent", LIGHTHOUSE]
        subprocess.run(command, check=True)


@contextmanager
def _town(url: str | None) -> Iterator[str]:
    """The address given, or that of a demo town that lives as long as the block."""
    if url is not None:
        yield url.rstrip("/")
        return
    port, data = free_port(), TOWN
    auzolan = [sys.executable, "-m", "app.cli"]
    subprocess.run([*auzolan, "up", "--port", str(port), "--data", str(data), "--detach"], cwd=CHECKOUT, check=True)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        subprocess.run([*auzolan, "down", "--data", str(data)], cwd=CHECKOUT, check=True)


def _audited(url: str, report: Path, *categories: str) -> Report:
    """Lighthouse's report on a page (every category, unless some are named), after one visit that fills what the server
    keeps in memory.
    """
    browser = chromium.find()
    if browser is None:
        sys.exit("No Chromium on this machine: python -m tests.support.machine")
    flags = [one for one in browser.launch_options()["args"] if one != "--in-process-gpu"]
    command = [
        *("node", str(PROGRAM), url, "--quiet", "--output=json", f"--output-path={report}"),
        *(
            f"--only-categories={','.join(categories or CATEGORIES)}",
            f"--chrome-flags={' '.join(['--headless=new', *flags])}",
        ),
    ]
    environment = os.environ | browser.environment | {"CHROME_PATH": str(browser.program)}
    with urllib.request.urlopen(url, timeout=60) as first:
        first.read()
    # A browser on a busy machine sometimes begins before it is watched: Lighthouse says so, and asks to be run again.
    for left in (2, 1, 0):
        if subprocess.run(command, env=environment, check=not left).returncode == 0:
            break
    found: Report = json.loads(report.read_text("utf-8"))
    return found


def _show(rows: list[dict[str, Any]]) -> None:
    table = Table("page", "what", "value", "bar", "")
    for row in rows:
        held = "[green]held[/]" if row["ok"] else "[red]missed[/]"
        every = f" ({', '.join(map(str, row['every']))})" if "every" in row else ""
        table.add_row(
            row["page"], row["name"], f"{row['value']:,} {row['unit']}{every}".strip(), f"{row['bar']:,}", held
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
