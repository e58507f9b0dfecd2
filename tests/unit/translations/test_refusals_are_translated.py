"""A refusal is said in the reader's language too: its sentence is an argument, not a call to gettext."""

import ast
from pathlib import Path

from app.core import errors
from app.translations import compile as translations

FEATURES = Path(translations.__file__).parents[1] / "features"
SLICES = ("accounts", "tickets")
PROBLEMS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.Problem)}
SENTENCE_AT = {"invalid": 1, "FieldError": 1, "Refusal": 1} | dict.fromkeys(PROBLEMS, 0)


def sentences(path: Path) -> set[str]:
    """The literal sentences given to errors in a module, and those of its tables of sentences."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SENTENCE_AT:
            said = node.args[SENTENCE_AT[node.func.id] :][:1]
            found |= {arg.value for arg in said if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
        if isinstance(node, ast.Assign) and any(getattr(t, "id", "") == "_SENTENCES" for t in node.targets):
            found |= {value.value for value in node.value.values if isinstance(value, ast.Constant)}
    return found


def test_every_refusal_is_translated():
    known = set(translations.messages())
    said = {sentence for name in SLICES for path in (FEATURES / name).rglob("*.py") for sentence in sentences(path)}
    assert "A ticket cannot be its own duplicate." in said
    assert sorted(said - known) == []
