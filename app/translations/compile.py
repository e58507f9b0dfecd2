"""Make gettext catalogues from the fragments that each room writes.

A fragment, `fragments/ROOM.yaml`, maps an English message to its translations:

    "Report a problem": {fr: "Signaler un problème", eu: "Arazo bat jakinarazi"}
    "%(num)d report":
      plural: "%(num)d reports"
      fr: ["%(num)d signalement", "%(num)d signalements"]
      eu: ["Jakinarazpen %(num)d", "%(num)d jakinarazpen"]

English is the message itself. In French the spaces that must not break (before `: ; ! ? »`, after `«`) are
set here, so that writers type plain spaces. Catalogues are made once per content, in a cache folder named
by their hash; they are never committed. `python -m app.translations.compile FOLDER` makes them by hand.
"""

import hashlib
import re
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import write_po

FRAGMENTS: Final = Path(__file__).with_name("fragments")
LANGUAGES: Final = ("fr", "eu")
# The parser written in C reads the same and takes a sixth of the time; a few systems build PyYAML without it.
_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NBSP: Final = "\N{NO-BREAK SPACE}"
_SPACE_TO_KEEP: Final = re.compile(r" (?=[:;!?»]|%%)")


@dataclass(slots=True)
class Message:
    """One message: its plural in English when it counts something, and per language one text, or two when
    it counts.
    """

    id: str
    plural: str | None = None
    texts: dict[str, list[str]] = field(default_factory=dict)


def french_spaces(text: str) -> str:
    """Set the spaces that must not break around French punctuation; `%(name)s` and URLs are left alone."""
    return _SPACE_TO_KEEP.sub(_NBSP, text).replace("« ", f"«{_NBSP}")


def _entry(message: str, value: Any, where: str) -> Message:
    if not isinstance(value, dict):
        raise ValueError(f"{where}: {message!r} must map languages to texts")
    entry = Message(message, value.get("plural"))
    for language in LANGUAGES:
        text = value.get(language)
        texts = [t for t in (text if isinstance(text, list) else [text]) if isinstance(t, str) and t.strip()]
        if not texts:
            raise ValueError(f"{where}: {message!r} has no text in {language}")
        if len(texts) != (2 if entry.plural else 1):
            raise ValueError(f"{where}: {message!r} needs {'two texts' if entry.plural else 'one text'} in {language}")
        entry.texts[language] = [french_spaces(t) for t in texts] if language == "fr" else texts
    return entry


def messages(folder: Path = FRAGMENTS) -> dict[str, Message]:
    """Every message of every fragment. Errors: ValueError naming file and message; two rooms may not
    disagree on a text.
    """
    found: dict[str, Message] = {}
    for path in sorted(folder.glob("*.yaml")):
        for message, value in (yaml.load(path.read_bytes(), _Loader) or {}).items():  # noqa: S506 - either is safe
            entry = _entry(message, value, path.name)
            known = found.setdefault(message, entry)
            if known.texts != entry.texts:
                raise ValueError(f"{path.name}: {message!r} is already translated otherwise")
    return found


def catalogue(language: str, entries: dict[str, Message]) -> Catalog:
    """The gettext catalogue of one language."""
    made = Catalog(locale=language, project="Auzolan", charset="utf-8")
    for entry in entries.values():
        texts = entry.texts[language]
        if entry.plural:
            made.add((entry.id, entry.plural), tuple(texts))
        else:
            made.add(entry.id, texts[0])
    return made


def write(folder: Path, entries: dict[str, Message]) -> None:
    """Write `LANGUAGE/LC_MESSAGES/messages.po` and `.mo` under `folder`."""
    for language in LANGUAGES:
        target = folder / language / "LC_MESSAGES"
        target.mkdir(parents=True, exist_ok=True)
        made = catalogue(language, entries)
        with (target / "messages.po").open("wb") as po:
            write_po(po, made, width=0, sort_output=True)
        with (target / "messages.mo").open("wb") as mo:
            write_mo(mo, made)


def ensure(cache: Path, folder: Path = FRAGMENTS) -> Path:
    """The folder of up-to-date catalogues under `cache`, made now if need be; several processes may call it
    at once.
    """
    digest = hashlib.sha256()
    for path in [*sorted(folder.glob("*.yaml")), Path(__file__)]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    ready = cache / f"translations-{digest.hexdigest()[:16]}"
    if not ready.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as made:
            whole = Path(made) / "whole"
            write(whole, messages(folder))
            try:
                whole.rename(ready)
            except OSError:
                # Another process finished first: its folder has the same content.
                if not ready.is_dir():
                    raise
    return ready


if __name__ == "__main__":
    write(Path(sys.argv[1]), messages())
    sys.stdout.write(f"{len(messages())} messages in {', '.join(LANGUAGES)}\n")
