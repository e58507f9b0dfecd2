"""What holds for every page: no barrier that axe can find, no sideways scroll, nothing against strict headers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Opener

AXE = Path(__file__).parents[1] / "support/vendor/axe.min.js"
PAGES = [
    "/",
    "/?empty=1",
    "/liste",
    "/liste?empty=1",
    "/contribuer",
    "/contribuer/problem",
    "/contribuer/praise",
    "/contribuer/proposal",
    "/recu",
    "/recu?kind=praise",
    "/c/BAY-4817",
    "/c/BAY-4805?suivi",
    "/bureau",
    "/bureau/BAY-4817",
    "/connexion?error=1&email=a@b.example",
    "/error/404",
    "/error/403",
]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_no_barrier(visit: Opener, path: str, theme: str) -> None:
    page = visit(path, theme=theme)
    page.wait_for_timeout(350)
    page.evaluate(AXE.read_text("utf-8"))
    result = page.evaluate(RUN_AXE, TAGS)
    found = [
        f"{v['id']}: {v['help']} · {node['target']} · {node.get('failureSummary', '')}"
        for v in result["violations"]
        for node in v["nodes"]
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", ["/", "/contribuer/problem", "/bureau/BAY-4817", "/c/BAY-4817"])
def test_no_barrier_on_a_wide_screen(visit: Opener, path: str) -> None:
    page = visit(path, width=1280, height=800)
    page.wait_for_timeout(350)
    page.evaluate(AXE.read_text("utf-8"))
    assert [v["id"] for v in page.evaluate(RUN_AXE, TAGS)["violations"]] == []


@pytest.mark.parametrize("width", [320, 360])
@pytest.mark.parametrize("path", PAGES)
def test_no_sideways_scrolling(visit: Opener, path: str, width: int) -> None:
    page = visit(path, width=width, height=640)
    page.wait_for_timeout(200)
    overflow = page.evaluate(
        """() => ({
            page: document.documentElement.scrollWidth - innerWidth,
            who: [...document.querySelectorAll('body *')].filter((e) => {
                const box = e.getBoundingClientRect();
                return box.right > innerWidth + 1 && box.width && !e.closest('.filter-row, .mapw, .sr, svg');
            }).slice(0, 5).map((e) => e.outerHTML.slice(0, 120)),
        })"""
    )
    assert overflow["page"] <= 0, overflow["who"]
    assert overflow["who"] == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_covers_the_title(visit: Opener, path: str, width: int) -> None:
    page = visit(path, width=width)
    page.wait_for_timeout(200)
    covered = page.evaluate(
        """() => [...document.querySelectorAll('h1:not(.sr), form.filters .chip--kind')].filter((e) => {
            const box = e.getBoundingClientRect();
            const top = document.elementFromPoint(box.left + Math.min(20, box.width / 2), box.top + box.height / 2);
            return top && !e.contains(top) && !top.contains(e);
        }).map((e) => e.outerHTML.slice(0, 100))"""
    )
    assert covered == []


@pytest.mark.parametrize("path", PAGES)
def test_pages_obey_the_strict_headers(visit: Opener, path: str) -> None:
    page = visit(path)
    page.wait_for_timeout(300)
    # The status of an error page is itself reported by the console.
    assert [c for c in page.complaints if "Failed to load resource" not in c or "/error/" not in path] == []
    # A map draws itself with styles of its own, which scripts may set; our pages have none.
    styled = "[...document.querySelectorAll('[style]')].filter((e) => !e.closest('.mapshell, .maplibregl-map'))"
    assert page.evaluate(f"{styled}.map((e) => e.outerHTML.slice(0, 120))") == []


@pytest.mark.parametrize("path", [p for p in PAGES if "/error/" not in p])
@pytest.mark.parametrize("language", ["en", "eu"])
def test_pages_speak_other_languages_without_overflowing(visit: Opener, path: str, language: str) -> None:
    page = visit(f"{path}{'&' if '?' in path else '?'}lang={language}", width=320, height=640)
    assert page.evaluate("document.documentElement.lang") == language
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("path", PAGES)
def test_thumbs_find_their_targets(visit: Opener, path: str) -> None:
    """44 px for what a thumb meets, counted with the space around; links inside sentences are exempt."""
    page = visit(path)
    page.wait_for_timeout(200)
    small = page.evaluate(
        """() => [...document.querySelectorAll(
            'button, summary, input:not([type=hidden]), select, a.btn, a.chip, .bar a')]
            .filter((e) => e.checkVisibility() && !e.closest('.sr, .keys-bar, dialog') && !e.matches('.photos-input'))
            .map((e) => [e, (e.closest('label, .search, .chip') || e).getBoundingClientRect()])
            .filter(([e, box]) => box.width)
            .filter(([e, box]) => box.height + (e.closest('.chip') ? 8 : 0) < (e.closest('.grab') ? 24 : 40))
            .map(([e, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${e.outerHTML.slice(0, 100)}`)"""
    )
    assert small == []
