"""No sentence of the interface without its French and its Basque."""

import io
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo

from app.translations import compile as translations

APP = Path(translations.__file__).parents[1]
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def extracted() -> dict[str, str]:
    """Every message of the code and the templates, with one place where it is said."""
    found: dict[str, str] = {}
    for name, line, message, _comments, _context in extract_from_dir(APP, METHODS):
        for text in message if isinstance(message, tuple) else (message,):
            found.setdefault(text, f"{name}:{line}")
    return found


def test_every_message_is_translated() -> None:
    entries = translations.messages()
    known = set(entries) | {entry.plural for entry in entries.values() if entry.plural}
    missing = {text: place for text, place in extracted().items() if text not in known}
    assert not missing, "add these to a fragment of app/translations/fragments: " + "\n".join(
        f"{place}: {text}" for text, place in sorted(missing.items(), key=lambda pair: pair[1])
    )


def test_translations_keep_what_is_filled_in() -> None:
    for entry in translations.messages().values():
        wanted = set(PLACEHOLDER.findall(entry.id)) | set(PLACEHOLDER.findall(entry.plural or ""))
        for language, texts in entry.texts.items():
            for text in texts:
                # A singular may say "one" in letters; it may never name something unknown.
                given = set(PLACEHOLDER.findall(text))
                assert given <= wanted, f"{language}: {text!r} names {given - wanted}"
                assert entry.plural or given == wanted, f"{language}: {text!r} forgets {wanted - given}"


def test_catalogues_speak(tmp_path: Path) -> None:
    folder = translations.ensure(tmp_path)
    assert translations.ensure(tmp_path) == folder
    catalogue = read_mo(io.BytesIO((folder / "fr/LC_MESSAGES/messages.mo").read_bytes()))
    assert catalogue.get("Contribute").string == "Contribuer"  # type: ignore[union-attr]


def test_french_spaces_do_not_break() -> None:
    assert translations.french_spaces("Quoi ? « Ici » : 61 %%") == "Quoi\u00a0? «\u00a0Ici\u00a0»\u00a0: 61\u00a0%%"
    assert translations.french_spaces("il y a %(num)d jours") == "il y a %(num)d jours"


@pytest.mark.parametrize(
    "text",
    ["Hello: {fr: Bonjour}", "Hello: [fr, eu]", "Hello: {plural: Hellos, fr: Bonjour, eu: [Kaixo, Kaixo]}"],
)
def test_a_fragment_with_a_hole_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "room.yaml").write_text(text)
    with pytest.raises(ValueError, match=r"room\.yaml"):
        translations.messages(tmp_path)


def test_two_rooms_may_not_translate_differently(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("Map: {fr: Carte, eu: Mapa}")
    (tmp_path / "b.yaml").write_text("Map: {fr: Plan, eu: Mapa}")
    with pytest.raises(ValueError, match="already translated"):
        translations.messages(tmp_path)
