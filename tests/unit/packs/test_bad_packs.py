"""Bad packs: each fault with its file, its line, its field, and what to do; several at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.features.territories.packs.issues import PackError, PackIssue
from app.features.territories.packs.reader import examine_pack, read_pack

TOWN = """\
format: 1
languages: [fr, en]
zone_kinds:
  quarter: {fr: quartier, en: quarter}
"""
SERVICES = """\
- slug: roads
  names: {fr: Voirie, en: Roads}
- slug: cleaning
  names: {fr: Propreté, en: Cleaning}
"""
CATEGORIES = """\
- slug: street
  labels: {fr: Rue, en: Street}
  icon: pothole
  service: roads
- slug: hole
  parent: street
  labels: {fr: Trou, en: Hole}
  icon: pothole
  kinds: [problem]
  questions:
    - slug: deep
      label: {fr: "Profond ?", en: "Deep?"}
      type: yes_no
- slug: bin
  labels: {fr: Poubelle, en: Bin}
  icon: bin
  kinds: [problem, praise]
"""
RULES = """\
- slug: night
  name: {fr: La nuit, en: By night}
  when: {hours: "22:00-06:00"}
  then: {service: roads}
"""
SQUARE = [[[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]]]


def feature(slug: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"slug": slug, "name": slug.title(), **properties},
        "geometry": {"type": "Polygon", "coordinates": coordinates},
    }


def collection(*features: dict[str, Any]) -> str:
    body = ",\n".join(json.dumps(one) for one in features)
    return '{"type": "FeatureCollection", "features": [\n' + body + "\n]}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("town", TOWN), ("services", SERVICES), ("categories", CATEGORIES), ("rules", RULES)):
        (tmp_path / f"{name}.yaml").write_text(text)
    (tmp_path / "zones").mkdir()
    (tmp_path / "zones/quarter.geojson").write_text(collection(feature("port", SQUARE)))
    return tmp_path


def found(folder: Path, **options: Any) -> list[PackIssue]:
    return examine_pack(folder, **options).issues


def change(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))


def only(folder: Path, **options: Any) -> PackIssue:
    issues = found(folder, **options)
    assert len(issues) == 1, issues
    return issues[0]


def test_the_pack_these_tests_break_is_good(folder: Path) -> None:
    assert found(folder) == []
    assert read_pack(folder).category_path("hole") == ("street", "hole")


CASES = [
    ("town.yaml", "format: 1", "format: 1\nretention: {days: 61}", 2, "retention.days", "62 or more instead of 61"),
    ("town.yaml", "format: 1", "format: 1\nretention:\n  text: burn", 3, "retention.text", "instead of “burn”"),
    # file, old, new, line, field, words
    ("categories.yaml", "  service: roads", "  service: rodas", 4, "street.service", "no service “rodas”"),
    ("categories.yaml", "  parent: street", "  parent: streets", 6, "hole.parent", "no category “streets”"),
    ("categories.yaml", "icon: bin", "icon: bni", 16, "bin.icon", "no icon “bni”"),
    ("categories.yaml", "- slug: bin", "- slug: hole", 14, "hole.slug", "already used on line 5"),
    ("categories.yaml", "{fr: Trou, en: Hole}", "{fr: Trou}", 7, "hole.labels", "Add the text in “en”"),
    ("categories.yaml", "en: Hole}", "en: Hole, de: Loch}", 7, "hole.labels.de", "Remove the text in “de”"),
    (
        "categories.yaml",
        "kinds: [problem, praise]",
        "group_radius_m: -5\n  kinds: [problem]",
        17,
        "bin.group_radius_m",
        "0 or more",
    ),
    ("categories.yaml", "kinds: [problem, praise]", "kinds: []", 17, "bin.kinds", "which kinds"),
    ("categories.yaml", "kinds: [problem, praise]", "kinds: [problem, moan]", 17, "bin.kinds[1]", "instead of “moan”"),
    (
        "categories.yaml",
        "kinds: [problem, praise]",
        "kindz: [problem]\n  kinds: [problem]",
        17,
        "bin.kindz",
        "no such field",
    ),
    ("categories.yaml", "  icon: bin", "  words: {fr: [bac], de: [Tonne]}\n  icon: bin", 16, "bin.words.de", "in “de”"),
    (
        "categories.yaml",
        "  icon: bin",
        "  words:\n    fr: [bac, bac]\n  icon: bin",
        17,
        "bin.words.fr",
        "repeated “bac”",
    ),
    (
        "categories.yaml",
        "  icon: bin",
        "  words: {fr: [bac,\n    wc]}\n  icon: bin",
        17,
        "bin.words.fr[1]",
        "three letters",
    ),
    ("categories.yaml", "  icon: bin", "  words: {fr: []}\n  icon: bin", 16, "bin.words.fr", "at least one"),
    ("categories.yaml", "  icon: bin", "  words: {fr: bac}\n  icon: bin", 16, "bin.words.fr", "Write a list here"),
    ("categories.yaml", "  service: roads", "  words: {fr: [route]}", 4, "street.words", "that one can choose"),
    ("categories.yaml", "  icon: bin\n", "", 14, "bin.icon", "Add “icon”"),
    ("categories.yaml", "      type: yes_no", "      type: choice", 11, "hole.questions[0].options", "at least two"),
    ("categories.yaml", "      type: yes_no", "      type: yesno", 13, "hole.questions[0].type", "instead of “yesno”"),
    ("services.yaml", "- slug: cleaning", "- slug: Propreté", 3, "Propreté.slug", "small letters"),
    ("services.yaml", "en: Cleaning}", "en: Cleaning}\n  email: nobody", 5, "cleaning.email", "an e-mail address"),
    ("rules.yaml", "service: roads", "service: nowhere", 4, "night.then.service", "no service “nowhere”"),
    ("rules.yaml", '"22:00-06:00"', '"22:00-6:00"', 3, "night.when.hours", "from character 7"),
    ("rules.yaml", '"22:00-06:00"', '"22:00-22:00"', 3, "night.when.hours", "never come"),
    ("rules.yaml", 'hours: "22:00-06:00"', "category: holes", 3, "night.when.category", "no category “holes”"),
    ("rules.yaml", 'hours: "22:00-06:00"', "zone: quarter/docks", 3, "night.when.zone", "no zone “docks”"),
    ("rules.yaml", 'hours: "22:00-06:00"', "zone: ward/*", 3, "night.when.zone", "no kind of zone “ward”"),
    ("rules.yaml", 'hours: "22:00-06:00"', "hour: 22", 3, "night.when.hour", "is not a condition"),
    (
        "rules.yaml",
        '{hours: "22:00-06:00"}',
        "{all: [{kind: praise}, {category: hole}]}",
        3,
        "night.when",
        "no category that takes",
    ),
    (
        "rules.yaml",
        '{hours: "22:00-06:00"}',
        "{all: [{weekday: mon}, {weekday: tue}]}",
        3,
        "night.when",
        "weekdays exclude",
    ),
    (
        "rules.yaml",
        '{hours: "22:00-06:00"}',
        "{answer: {question: deep, is: maybe}}",
        3,
        "night.when.answer",
        "not an answer",
    ),
    ("town.yaml", "format: 1", "format: 2", 1, "format", "Write one of 1"),
    ("town.yaml", "format: 1", "timezone: Paris", 1, "timezone", "such as Europe/Paris"),
    ("town.yaml", "format: 1", 'colours: {light: {brand: "#ffdd00"}}', 1, "colours.light.brand", "contrast"),
    (
        "town.yaml",
        "format: 1",
        "basemap: {kind: raster, url: 'https://t.example/a.png', attribution: T}",
        1,
        "basemap.url",
        "{TileMatrix}",
    ),
    ("town.yaml", "format: 1", "basemap: {url: /etc/passwd, attribution: T}", 1, "basemap.url", "/basemap/NAME"),
    ("town.yaml", "format: 1", "basemap: {url: /basemap/bayonne.pmtiles}", 1, "basemap.attribution", "whose map"),
    ("town.yaml", "format: 1", "basemap: {kind: wms}", 1, "basemap.kind", "raster"),
    ("town.yaml", "format: 1", "colours: {light: {brand: red}}", 1, "colours.light.brand", "#1f5a45"),
]


@pytest.mark.parametrize(("file", "old", "new", "line", "field", "words"), CASES)
def test_one_fault(folder: Path, file: str, old: str, new: str, line: int, field: str, words: str) -> None:
    change(folder, file, old, new)
    issues = [issue for issue in found(folder) if issue.file == file and issue.field == field and issue.line == line]
    assert issues, found(folder)
    assert any(words in issue.message for issue in issues), issues
    assert all(issue.message.endswith(".") for issue in issues)
    with pytest.raises(PackError, match=r"\.yaml:\d+"):
        read_pack(folder)


def test_a_circle_of_parents_is_told_at_each_of_its_members(folder: Path) -> None:
    change(folder, "categories.yaml", "- slug: street\n", "- slug: street\n  parent: hole\n")
    change(folder, "categories.yaml", "  kinds: [problem]\n", "")
    change(folder, "categories.yaml", "  questions:", "  kind_services: {}\n  questions:")
    circles = [issue for issue in found(folder) if "circle" in issue.message]
    assert [(issue.line, issue.field) for issue in circles] == [(2, "street.parent"), (7, "hole.parent")]
    assert "street → hole → street" in circles[0].message


def test_a_category_that_is_its_own_parent(folder: Path) -> None:
    change(folder, "categories.yaml", "- slug: bin\n", "- slug: bin\n  parent: bin\n")
    assert any("bin → bin" in issue.message and issue.line == 15 for issue in found(folder))


def test_a_rule_that_nobody_reaches(folder: Path) -> None:
    (folder / "rules.yaml").write_text(
        RULES
        + """\
- slug: deep-night
  name: {fr: Nuit noire, en: Dead of night}
  when:
    all:
      - category: hole
      - hours: "00:00-04:00"
  then: {service: cleaning}
"""
    )
    issue = only(folder)
    assert (issue.file, issue.line, issue.field) == ("rules.yaml", 7, "deep-night.when")
    assert "rule 1 (“La nuit”)" in issue.message


def test_several_faults_at_once_in_several_files(folder: Path) -> None:
    change(folder, "town.yaml", "languages: [fr, en]", "languages: [fr, en]\nmoderation: maybe")
    change(folder, "services.yaml", "en: Roads}", "en: Roads}\n  fax: 1\n  hours: 3")
    change(folder, "categories.yaml", "icon: bin", "icon: bni\n  group_window_days: 1.5")
    change(folder, "rules.yaml", "then: {service: roads}", "then: {}")
    assert {(issue.file, issue.line) for issue in found(folder)} == {
        ("town.yaml", 3), ("services.yaml", 3), ("services.yaml", 4), ("categories.yaml", 17), ("rules.yaml", 4),
    }  # fmt: skip


def test_a_refused_item_does_not_make_its_name_unknown(folder: Path) -> None:
    change(folder, "services.yaml", "en: Roads}", "en: Roads}\n  fax: 1")
    change(folder, "categories.yaml", "icon: bin", "icon: bin\n  group_window_days: -1")
    change(folder, "rules.yaml", 'hours: "22:00-06:00"', "category: bin")
    assert [(issue.file, issue.field) for issue in found(folder)] == [
        ("categories.yaml", "bin.group_window_days"),
        ("services.yaml", "roads.fax"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("- slug: a\n  names: {fr: x\n- slug: b\n", 3, "Correct the YAML"),
        ("- slug: a\n\tnames: 3\n", 2, "tab"),
        ("- slug: a\n  slug: b\n", 2, "only once"),
        ("- &x {slug: a}\n- *x\n", 1, "anchors"),
        ("a: 1\n", 1, "Write a list"),
        ("- 5\n", 1, "names and values"),
        ("- slug: !!python/object:os.system a\n", 1, "Remove the tag"),
        ("- slug: a\n  names: {? [1]: 2}\n", 2, "plain word"),
        ("- slug: a\n  hours: \x00\n", 2, "does not allow"),
        ("- slug: 99999999999999999999999999" + "9" * 5000 + "\n", 1, "ordinary length"),
        ("- " * 60 + "a\n", 1, "too deeply"),
    ],
)
def test_yaml_that_cannot_be_read(folder: Path, text: str, line: int, words: str) -> None:
    (folder / "services.yaml").write_text(text)
    assert any(
        issue.file == "services.yaml" and issue.line == line and words in issue.message for issue in found(folder)
    ), found(folder)


def test_a_file_in_another_encoding(folder: Path) -> None:
    (folder / "services.yaml").write_bytes(SERVICES.encode("cp1252"))
    issue = next(issue for issue in found(folder) if issue.file == "services.yaml")
    assert issue.line == 4
    assert "UTF-8" in issue.message


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    assert "folder" in examine_pack(tmp_path / "absent").issues[0].message
    assert "town.yaml" in examine_pack(tmp_path).issues[0].message
    with pytest.raises(PackError):
        read_pack(tmp_path)


def test_a_town_that_counts_on_an_extra_is_warned(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(folder, "town.yaml", "format: 1", "format: 1\nfaces: blur")
    assert found(folder) == []
    monkeypatch.setattr("app.features.territories.packs.checker.can_find_faces", lambda: False)
    issue = only(folder)
    assert (issue.line, issue.field, issue.severity) == (2, "faces", "warning") and "EXTRAS=faces" in issue.message


class TestZones:
    def put(self, folder: Path, *features: Any, name: str = "quarter") -> None:
        (folder / f"zones/{name}.geojson").write_text(collection(*features))

    def test_a_crossed_outline_is_repaired_and_said(self, folder: Path) -> None:
        bow = [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]
        self.put(folder, feature("port", SQUARE), feature("bow", bow))
        issue = only(folder)
        assert (issue.file, issue.line, issue.field) == ("zones/quarter.geojson", 3, "bow.geometry")
        assert issue.severity == "warning"
        assert "Repaired" in issue.message
        pack = read_pack(folder)
        assert pack.zones[0].zones[1].geometry["type"] == "MultiPolygon"

    @pytest.mark.parametrize(
        "coordinates",
        [
            [[[0, 0], [1, 1], [2, 2], [0, 0]]],
            [[[0, 0], [0, 0], [0, 0], [0, 0]]],
            [[[0, 0], [1, 0], [0, 0], [1, 0], [0, 0]]],
        ],
    )
    def test_no_area_is_refused(self, folder: Path, coordinates: Any) -> None:
        self.put(folder, feature("line", coordinates))
        issue = only(folder)
        assert (issue.line, issue.field, issue.severity) == (2, "line.geometry", "error")
        assert "no area" in issue.message

    @pytest.mark.parametrize(
        ("geometry", "words"),
        [
            ({"type": "Point", "coordinates": [0, 0]}, "area"),
            (None, "area"),
            ({"type": "Polygon", "coordinates": [[["a", "b"]]]}, "coordinates"),
            ({"type": "Polygon", "coordinates": [[[0, 0], [0, 1]]]}, "coordinates"),
            ({"type": "Polygon", "coordinates": []}, "no area"),
            ({"type": "Polygon"}, "coordinates"),
            ({"type": "Polygon", "coordinates": [[[0, 91], [0, 95], [1, 95], [0, 91]]]}, "longitude before latitude"),
        ],
    )
    def test_what_is_not_an_area(self, folder: Path, geometry: Any, words: str) -> None:
        self.put(folder, {**feature("odd", SQUARE), "geometry": geometry})
        issue = only(folder)
        assert issue.severity == "error"
        assert words in issue.message

    def test_outside_the_boundary_is_a_warning(self, folder: Path) -> None:
        far = [[[10, 10], [10, 11], [11, 11], [11, 10], [10, 10]]]
        half = [[[0.5, 0], [0.5, 1], [1.5, 1], [1.5, 0], [0.5, 0]]]
        self.put(folder, feature("in", SQUARE), feature("far", far), feature("half", half))
        boundary = {"type": "Polygon", "coordinates": SQUARE}
        issues = found(folder, boundary=boundary)
        assert [(issue.line, issue.severity) for issue in issues] == [(3, "warning"), (4, "warning")]
        assert "50%" in issues[1].message
        (folder / "boundary.geojson").write_text(json.dumps(boundary))
        assert len(found(folder)) == 2
        assert read_pack(folder).boundary == {
            "type": "Polygon",
            "coordinates": [[[float(x) for x in p] for p in SQUARE[0]]],
        }

    def test_names(self, folder: Path) -> None:
        self.put(folder, feature("port", SQUARE), feature("port", SQUARE), feature("Le Port", SQUARE, colour="red"))
        said = [(issue.line, issue.field, issue.severity) for issue in found(folder)]
        assert said == [
            (3, "port.slug", "error"), (4, "Le Port.colour", "warning"), (4, "Le Port.slug", "error"),
        ]  # fmt: skip

    def test_a_kind_must_be_declared(self, folder: Path) -> None:
        self.put(folder, feature("a", SQUARE), name="ward")
        assert "zone_kinds" in only(folder).message
        self.put(folder, name="Bad Name")
        assert any("Name this file" in issue.message for issue in found(folder))

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("{\n  oops\n}", 2),
            ("[]", 1),
            ('{"features": 3}', 1),
            ('{"features": [NaN]}', 1),
            ('{"features": [\n4]}', 2),
        ],
    )
    def test_json_that_is_not_a_collection(self, folder: Path, text: str, line: int) -> None:
        (folder / "zones/quarter.geojson").write_text(text)
        assert only(folder).line == line


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("services.yml", "Rename this file to services.yaml"),
        ("categorie.yaml", "Rename this file to categories.yaml"),
        ("Rules.YAML", "Rename this file to rules.yaml"),
        ("notes.yaml", "Take this file away"),
        ("quarter.geojson", "Move this file to zones/quarter.geojson"),
    ],
)
def test_a_file_that_nobody_reads_is_said(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "town.yaml").write_text(TOWN, encoding="utf-8")
    (tmp_path / "README.md").write_text("Ours.", encoding="utf-8")
    assert examine_pack(tmp_path).issues == []
    (tmp_path / name).write_text("[]", encoding="utf-8")
    (issue,) = examine_pack(tmp_path).errors
    assert issue.file == name and said in issue.message


def test_a_folder_in_the_place_of_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "town.yaml").write_text(TOWN, encoding="utf-8")
    (tmp_path / "services.yaml").mkdir()
    (issue,) = examine_pack(tmp_path).errors
    assert issue.file == "services.yaml" and "this is a folder" in issue.message
