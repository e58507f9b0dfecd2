"""YAML with the line of every value.

Read by PyYAML's composer, which keeps the place of each node, with the scalars of YAML 1.2: `no`, `yes`, `on`
and `22:00` stay text, as a town means them. Anchors, tags and repeated keys are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str | int, ...]

MAX_DEPTH = 40

_NO_ANCHOR = "anchors and aliases"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing YAML itself refuses: 1-based line, the path of keys that leads to it, a sentence."""

    line: int
    path: Path
    message: str


@dataclass(slots=True)
class Document:
    """The plain value of a file, with the 1-based line of every path inside it."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of the path, or of the nearest thing that contains it."""
        for length in range(len(path), -1, -1):
            found = self.lines.get(path[:length])
            if found is not None:
                return found
        return 1


class _Loader(yaml.SafeLoader):
    """SafeLoader with the plain scalars of YAML 1.2's core schema."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse anchors before they are followed: nested aliases can unfold into gigabytes."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "anchor", None) is not None:
            raise yaml.composer.ComposerError(None, None, _NO_ANCHOR, event.start_mark)
        return super().compose_node(parent, index)


_NULL = (r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""])
_BOOL = (r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF"))
_INT = (r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789"))
_FLOAT = (r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$", list("-+.0123456789"))
for _tag, (_pattern, _first) in {"null": _NULL, "bool": _BOOL, "int": _INT, "float": _FLOAT}.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


def read_yaml(text: str) -> Document:
    """The document of `text`. Never raises on content: what is wrong is in `faults`."""
    document = Document()
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        document.faults.append(Fault(line, (), _syntax_sentence(error)))
        return document
    except yaml.YAMLError as error:
        document.faults.append(Fault(_line_of(text, error), (), "Remove the character that YAML does not allow."))
        return document
    except RecursionError:
        document.faults.append(Fault(1, (), "Write a flatter file: values are nested too deeply."))
        return document
    if node is not None:
        document.value = _value(node, (), document)
    return document


def _line_of(text: str, error: yaml.YAMLError) -> int:
    position = getattr(error, "position", None)
    return text.count("\n", 0, position) + 1 if isinstance(position, int) else 1


def _syntax_sentence(error: yaml.MarkedYAMLError) -> str:
    problem = (error.problem or "the text cannot be read").strip().rstrip(".")
    if problem == _NO_ANCHOR:
        return "Write the value out: anchors and aliases (& and *) are not used in packs."
    if "'\\t'" in problem:
        return "Replace the tab by spaces: YAML indents with spaces only."
    return f"Correct the YAML here: {problem}. Check the indentation, the colons and the quotes."


def _value(node: yaml.Node, path: Path, document: Document) -> Any:
    line = node.start_mark.line + 1
    document.lines.setdefault(path, line)
    if len(path) > MAX_DEPTH:
        document.faults.append(Fault(line, path, "Write a flatter file: values are nested too deeply."))
        return None
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, document)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), document) for index, item in enumerate(node.value)]
    return _scalar(node, path, document)


def _mapping(node: yaml.MappingNode, path: Path, document: Document) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            document.faults.append(Fault(line, path, "Use a plain word before the colon."))
            continue
        key = str(key_node.value)
        if key in result:
            document.faults.append(
                Fault(line, (*path, key), f"Remove one of the two “{key}”: a key is given only once.")
            )
            continue
        document.lines[(*path, key)] = line
        result[key] = _value(value_node, (*path, key), document)
    return result


def _scalar(node: yaml.Node, path: Path, document: Document) -> Any:
    tag, text = node.tag.rsplit(":", 1)[-1], str(node.value)
    if tag not in ("null", "bool", "int", "float", "str"):
        document.faults.append(Fault(node.start_mark.line + 1, path, f"Remove the tag “{node.tag}”."))
        return None
    try:
        match tag:
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return int(text)
            case "float":
                return float(text)
    except ValueError:
        document.faults.append(Fault(node.start_mark.line + 1, path, "Write a number of ordinary length."))
        return None
    return text
