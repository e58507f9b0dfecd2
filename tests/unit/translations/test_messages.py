"""Every sentence that pure code makes (`Message`) has its French and its Basque."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import app
from app.features.territories import routing
from app.features.territories.matching import DAY_WORDS
from app.features.territories.packs.schema import WEEKDAYS
from app.translations.compile import messages

ROOT = Path(app.__file__).parent
MODULES = sorted(
    path for path in ROOT.rglob("*.py") if "from app.core.messages import" in path.read_text(encoding="utf-8")
)


def sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Literal sentences given to `Message(…)`, to `self.wrong(path, …)`, or named `sentence` or `words` before."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        found: ast.AST | None = None
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name == "Message" and node.args:
                found = node.args[0]
            elif name == "wrong" and len(node.args) > 1:
                found = node.args[1]
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in (
            "sentence",
            "words",
            "where",
        ):
            found = node.value
        for inside in ast.walk(found) if found is not None else ():
            if isinstance(inside, ast.Constant) and isinstance(inside.value, str) and " " in inside.value:
                yield inside.lineno, inside.value


def test_every_sentence_is_translated() -> None:
    known = set(messages())
    assert len(MODULES) >= 6
    missing = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in MODULES
        for line, text in sentences(path)
        if text not in known
    ]
    assert missing == []


def test_words_built_elsewhere_are_translated() -> None:
    known = set(messages())
    assert {DAY_WORDS[day].id for day in WEEKDAYS} <= known
    assert {routing.RULE, routing.CATEGORY, routing.TRIAGE} <= known
