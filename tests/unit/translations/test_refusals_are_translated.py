"""A refusal is said in the reader's language too: its sentence is an argument, not a call to gettext."""

import ast
from collections.abc import Iterator
from pathlib import Path

import app
from app.core import errors
from app.features.contributions.schemas import _WORDS
from app.translations import compile as translations

APP = Path(app.__file__).parent
# Commands speak English, to whoever installs, and so does what is wrong in a pack's files.
WALKED = [path for folder in ("core", "features") for path in (APP / folder).rglob("*.py") if "packs" not in path.parts]
PROBLEMS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.Problem)}
FIRST, SECOND = (*PROBLEMS, "_broken"), ("invalid", "FieldError", "Refusal", "PhotoRefused")
SENTENCE_AT = dict.fromkeys(FIRST, 0) | dict.fromkeys(SECOND, 1)
TABLES = ("_SENTENCES", "_WORDS")
NAMED = ("message", "title", "NO_PLACE", "sentence")


def sentences(path: Path) -> Iterator[tuple[int, str]]:
    """The literal sentences of a module's refusals: given to an error, kept in a table or under a name, or returned by
    a function that says what is wrong (`-> str | None`)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for found in _said(node):
            for inside in ast.walk(found):
                if isinstance(inside, ast.Constant) and isinstance(inside.value, str) and _is_sentence(inside.value):
                    yield inside.lineno, inside.value


def _said(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in SENTENCE_AT:
            yield from node.args[SENTENCE_AT[name] :][:1]
        case ast.Assign(targets=[target, *_], value=value):
            if _name(target) in TABLES and isinstance(value, ast.Dict):
                yield from value.values
            elif _name(target) in NAMED or (isinstance(target, ast.Tuple) and _name(target.elts[0]) in NAMED):
                yield value.elts[0] if isinstance(value, ast.Tuple) else value
        case ast.AnnAssign(target=target, value=ast.Dict(values=values)) if _name(target) in TABLES:
            yield from values
        case ast.FunctionDef(returns=returns) if returns is not None and ast.unparse(returns) == "str | None":
            yield from (step.value for step in ast.walk(node) if isinstance(step, ast.Return) and step.value)


def _name(target: ast.AST) -> str:
    return getattr(target, "id", getattr(target, "attr", ""))


def _is_sentence(words: str) -> bool:
    return " " in words and words[:1].isupper() and words[-1:] in ".?!…"


def test_every_refusal_is_translated() -> None:
    known = set(translations.messages())
    said = {(sentence, f"{path.relative_to(APP)}:{line}") for path in WALKED for line, sentence in sentences(path)}
    assert {
        "A ticket cannot be its own duplicate.",
        "This file is empty.",
        "Answer yes or no.",
        "This field is given twice.",
        "A latitude is between -90 and 90. The order is west,south,east,north: longitude first.",
        "This place is outside the territory. Longitude and latitude seem to be swapped.",
        "What you sent is too large. Photos may weigh 15 MB each.",
        "Place the pin on the map, or write where it is.",
        *_WORDS.values(),
    } <= {sentence for sentence, _ in said}
    assert sorted(f"{place}: {sentence}" for sentence, place in said if sentence not in known) == []
