"""Any pack survives: read(write(p)) is p, and writing it again gives the same bytes."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.features.territories.packs.icons import ICONS
from app.features.territories.packs.reader import examine_pack
from app.features.territories.packs.schema import KINDS, LANGUAGES, WEEKDAYS, Pack
from app.features.territories.packs.writer import pack_files, write_pack
from app.features.territories.packs.yamltree import read_yaml
from app.features.territories.packs.zones import plain_geometry

SLUGS = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,5})?", fullmatch=True)
ODD = st.sampled_from(
    ["no", "yes", "on", "~", "null", "true", "12:30", "0x1F", "1e3", "- a", "a: b", "#x", "'", '"', "{", "%",
     "@", "&a", "*a", "!t", "|", ">", "2026-12-31", "🌳 arbre",
     "line\nline", "  # x".strip(), "a  b", "é\u0301", "\u200f؟", "=", "<<"]
)  # fmt: skip
TEXT = (
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn")), min_size=1, max_size=40)
    .map(lambda text: text.replace("\ufeff", "").strip())
    .filter(bool)
)
TEXTS = TEXT | ODD
LABELS = st.fixed_dictionaries(dict.fromkeys(LANGUAGES, TEXTS))
LETTERS = st.text(st.characters(categories=("Ll", "Lu")), min_size=3, max_size=12)
SPOKEN = st.builds("{}{}".format, LETTERS, st.just("") | ODD)
WORDS = st.dictionaries(st.sampled_from(LANGUAGES), st.lists(SPOKEN, min_size=1, max_size=40, unique=True))
DELAYS = st.fixed_dictionaries(
    {"days": st.integers(0, 730)}, optional={"mode": st.sampled_from(["working", "calendar"])}
)


RETENTIONS = st.fixed_dictionaries(
    {},
    optional={
        "days": st.integers(62, 3660),
        "text": st.sampled_from(["keep", "flag", "clear"]),
        "photos": st.sampled_from(["keep", "delete"]),
    },
)
BASEMAPS = st.fixed_dictionaries({"kind": st.sampled_from(["ign", "outlines"])}) | st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["raster", "vector"]),
        "url": st.just("https://t.example/{z}/{x}/{y}"),
        "attribution": TEXTS,
    },
    optional={"max_zoom": st.integers(1, 24), "attribution_url": st.just("https://t.example/licence")},
)


def squares(draw: st.DrawFn) -> dict[str, Any]:
    west, south = draw(st.floats(-170, 170)), draw(st.floats(-80, 80))
    size = draw(st.floats(0.001, 1))
    ring = [[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]
    if draw(st.booleans()):
        return {"type": "MultiPolygon", "coordinates": [[ring]]}
    return {"type": "Polygon", "coordinates": [ring]}


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["choice", "multi", "text", "number", "yes_no"]))
    made: dict[str, Any] = {"slug": draw(SLUGS), "label": draw(LABELS), "type": kind, "required": draw(st.booleans())}
    if kind in ("choice", "multi"):
        values = draw(st.lists(SLUGS | st.sampled_from(["no", "yes", "on"]), min_size=2, max_size=4, unique=True))
        made["options"] = [{"slug": value, "label": draw(LABELS)} for value in values]
        made["emergency"] = draw(
            st.none() | st.fixed_dictionaries({"answers": st.just(values[:1]), "phone": st.just("112"), "text": LABELS})
        )
    return made


@st.composite
def packs(draw: st.DrawFn) -> Pack:
    services = draw(st.lists(SLUGS, min_size=1, max_size=4, unique=True))
    slugs = draw(st.lists(SLUGS, min_size=1, max_size=6, unique=True))
    parents = {
        slug: draw(st.none() | st.sampled_from(slugs[:index])) if index else None for index, slug in enumerate(slugs)
    }
    groups = set(parents.values())
    categories = [
        {
            "slug": slug,
            "parent": parents[slug],
            "labels": draw(LABELS),
            "description": draw(st.just({}) | LABELS),
            "words": {} if slug in groups else draw(WORDS),
            "icon": draw(st.sampled_from(sorted(ICONS))),
            "kinds": () if slug in groups else draw(st.lists(st.sampled_from(KINDS), min_size=1, unique=True)),
            "group_radius_m": draw(st.integers(0, 5000) | st.floats(0, 5000)),
            "group_window_days": draw(st.integers(0, 3660)),
            "target_delay": draw(st.none() | DELAYS),
            "service": draw(st.none() | st.sampled_from(services)),
            "contact": draw(st.sampled_from(["optional", "required", "none"])),
            "moderation": draw(st.none() | st.sampled_from(["before", "after"])),
            "active": draw(st.booleans()),
            "questions": draw(st.lists(questions(), max_size=2, unique_by=lambda one: one["slug"])),
        }
        for slug in slugs
    ]
    when = st.sampled_from(
        [{"hours": "22:00-06:00"}, {"weekday": ["sat", "sun"]}, {"not": {"channel": "web"}}, {"text": ["no", "é*"]},
         {"any": [{"category": slugs[0]}, {"hours": ["07:00-08:00"]}]}]
    )  # fmt: skip
    rules = [
        {"slug": slug, "name": draw(LABELS), "when": draw(when), "then": {"service": draw(st.sampled_from(services))}}
        for slug in draw(st.lists(SLUGS, max_size=2, unique=True))
    ]
    zones = [
        {"slug": slug, "name": draw(TEXTS), "geometry": squares(draw)}
        for slug in draw(st.lists(SLUGS, max_size=3, unique=True))
    ]
    closure = st.fixed_dictionaries({"date": st.dates(date(2020, 1, 1), date(2040, 1, 1)), "name": TEXTS})
    return Pack.model_validate(
        {
            "town": {
                "basemap": draw(st.none() | BASEMAPS),
                "retention": draw(RETENTIONS),
                "zone_kinds": {"quarter": draw(LABELS)},
                "texts": draw(st.just({}) | st.fixed_dictionaries({"welcome": LABELS})),
            },
            "delays": {
                "default": draw(DELAYS),
                "working_week": draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True)),
                "holidays": {"country": "FR", "extra": draw(st.lists(closure, max_size=2))},
            },
            "services": [{"slug": slug, "names": draw(LABELS), "hours": draw(st.none() | TEXTS)} for slug in services],
            "categories": categories,
            "rules": rules,
            "zones": [{"kind": "quarter", "zones": zones}],
            "boundary": draw(st.none() | st.just(squares(draw))),
        }
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(packs())
def test_nothing_is_lost(pack: Pack) -> None:
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        write_pack(pack, first)
        examined = examine_pack(first)
        # Rules made at random may shadow one another: that is no matter of writing.
        assert [issue for issue in examined.errors if issue.file != "rules.yaml"] == []
        assert examined.pack == pack
        write_pack(examined.pack, second)
        for file in sorted(Path(first).rglob("*.*")):
            again = Path(second) / file.relative_to(first)
            assert again.read_bytes() == file.read_bytes()


@given(st.text(max_size=60))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    read_yaml(text)


def test_an_older_pack_leaves_nothing_behind(tmp_path: Path) -> None:
    square = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    zone = {"slug": "a", "name": "A", "geometry": square}
    write_pack(Pack.model_validate({"zones": [{"kind": "park", "zones": [zone]}], "boundary": square}), tmp_path)
    assert (tmp_path / "zones/park.geojson").exists()
    write_pack(Pack(), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "categories.yaml", "delays.yaml", "rules.yaml", "services.yaml", "town.yaml",
    ]  # fmt: skip
    assert plain_geometry({**square, "bbox": [0, 0, 1, 1]}) == square


def test_numbers_are_written_plainly() -> None:
    text = pack_files(
        Pack.model_validate({"categories": [{"slug": "a", "labels": {}, "icon": "other", "group_radius_m": 45.0}]})
    )["categories.yaml"]
    assert "group_radius_m: 45\n" in text
