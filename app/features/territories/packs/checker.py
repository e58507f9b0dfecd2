"""What holds between the parts of a pack: known names, no circles, every language, rules one reaches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
import shapely
from shapely.geometry import shape

from app.core.images import can_find_faces
from app.features.territories.backgrounds import faults
from app.features.territories.packs.colours import weak_pairs
from app.features.territories.packs.conditions import parse_condition
from app.features.territories.packs.icons import ICONS
from app.features.territories.packs.issues import PackIssue
from app.features.territories.packs.rulecheck import RuleToCheck, Town, check_rules
from app.features.territories.packs.schema import Category, Pack, Question
from app.features.territories.packs.yamltree import Document, Path

MAX_DEPTH = 5


@dataclass(slots=True)
class Origin:
    """Where the parts of a pack come from. Empty for a pack made in code: issues then have line 0."""

    documents: dict[str, Document] = field(default_factory=dict)
    places: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """For each list file, the index in the file of each item that was kept."""
    declared: dict[str, set[str]] = field(default_factory=dict)
    """Slugs written in a file, those of refused items included: a reference to one is not an unknown name."""
    zone_lines: dict[str, tuple[int, ...]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    """Files that are there and could not be used: what they would define is not told as missing elsewhere."""

    def line(self, file: str, path: Path) -> int:
        """The line of an item's field; `path` begins with the item's index in the pack."""
        document = self.documents.get(file)
        if document is None:
            return 0
        if path and isinstance(path[0], int) and file in self.places:
            path = (self.places[file][path[0]], *path[1:])
        return document.line(path)


def check_pack(
    pack: Pack, *, boundary: Mapping[str, Any] | None = None, origin: Origin | None = None
) -> list[PackIssue]:
    """Every issue between the parts of the pack, errors and warnings; empty when it is good.

    `boundary`: GeoJSON geometry of the territory; without it, the pack's own is used when it has one.
    """
    checker = _Checker(pack, origin or Origin())
    checker.town()
    checker.services()
    checker.categories()
    checker.rules()
    checker.processes()
    checker.zones(boundary or pack.boundary)
    return checker.issues


class _Checker:
    def __init__(self, pack: Pack, origin: Origin) -> None:
        self.pack = pack
        self.origin = origin
        self.issues: list[PackIssue] = []

    def say(self, file: str, path: Path, slug: str, message: str, *, warning: bool = False) -> None:
        rest = path[1:] if slug else path
        said = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest)
        name = f"{slug}{said}".lstrip(".")
        line = self.origin.line(file, path)
        self.issues.append(PackIssue(file, line, name, message, "warning" if warning else "error"))

    # -- town.yaml and delays.yaml

    def town(self) -> None:
        town = self.pack.town
        try:
            ZoneInfo(town.timezone or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            message = f"Write a time zone such as Europe/Paris instead of “{town.timezone}”."
            self.say("town.yaml", ("timezone",), "", message)
        for theme, palette in (("light", town.colours.light), ("dark", town.colours.dark)):
            self.colours(theme, palette.chosen())
        if town.basemap is not None:
            for name, message in faults(town.basemap.model_dump(exclude_defaults=True)):
                self.say("town.yaml", ("basemap", name), "", message)
        if town.faces == "blur" and not can_find_faces():
            message = "No photo is shown on this machine until faces can be looked for: make up EXTRAS=faces."
            self.say("town.yaml", ("faces",), "", message, warning=True)
        for key, labels in (*town.texts.items(),):
            self.labels("town.yaml", ("texts", key), "", labels)
        for kind, labels in town.zone_kinds.items():
            self.labels("town.yaml", ("zone_kinds", kind), "", labels)
        self.unique("town.yaml", ("languages",), "", town.languages)
        self.holidays()

    def colours(self, theme: str, chosen: dict[str, str]) -> None:
        for text, ground, ratio in weak_pairs(theme, chosen) if chosen else ():
            role = next((one for one in (text, ground, *chosen) if one in chosen), text)
            message = (
                f"Choose another colour: “{text}” on “{ground}” has a contrast of {ratio:.1f} "
                f"in the {theme} theme, 4.5 is needed."
            )
            self.say("town.yaml", ("colours", theme, role), "", message)

    def holidays(self) -> None:
        chosen = self.pack.delays.holidays
        try:
            holidays.country_holidays(chosen.country)
        except NotImplementedError:
            message = f"No public holidays are known for the country “{chosen.country}”. Correct its code."
            self.say("delays.yaml", ("holidays", "country"), "", message)
            return
        try:
            holidays.country_holidays(chosen.country, subdiv=chosen.subdivision)
        except NotImplementedError:
            message = f"“{chosen.subdivision}” is not a subdivision of {chosen.country} with its own holidays."
            self.say("delays.yaml", ("holidays", "subdivision"), "", message)
        self.unique("delays.yaml", ("working_week",), "", self.pack.delays.working_week)

    # -- shared

    def labels(self, file: str, path: Path, slug: str, labels: Mapping[str, str]) -> None:
        """Every language of the town, and no other."""
        if "town.yaml" in self.origin.unread:
            return
        for language in self.pack.town.languages:
            if language not in labels:
                self.say(file, path, slug, f"Add the text in “{language}”: the town speaks this language.")
        for language in labels:
            if language not in self.pack.town.languages:
                message = f"Remove the text in “{language}”, or add it to the languages of town.yaml."
                self.say(file, (*path, language), slug, message)

    def unique(self, file: str, path: Path, slug: str, values: Iterable[str]) -> None:
        for value, count in Counter(values).items():
            if count > 1:
                self.say(file, path, slug, f"Remove the repeated “{value}”: it is there {count} times.")

    def slugs(self, file: str, slugs: Iterable[str]) -> None:
        """The second item with a slug is the wrong one."""
        seen: dict[str, int] = {}
        for index, slug in enumerate(slugs):
            if slug in seen:
                first = self.origin.line(file, (seen[slug], "slug"))
                where = f" on line {first}" if first else ""
                message = f"Choose another slug: “{slug}” is already used{where}."
                self.say(file, (index, "slug"), slug, message)
            else:
                seen[slug] = index

    # -- services.yaml

    def services(self) -> None:
        services = self.pack.services
        self.slugs("services.yaml", (service.slug for service in services))
        for index, service in enumerate(services):
            self.labels("services.yaml", (index, "names"), service.slug, service.names)
        sorting = [index for index, service in enumerate(services) if service.triage]
        for index in sorting[1:]:
            message = f"Only one service sorts what nobody takes: “{services[sorting[0]].slug}” already does."
            self.say("services.yaml", (index, "triage"), services[index].slug, message)

    def known_services(self) -> set[str] | None:
        """The slugs that may be named, or None when services.yaml could not be read."""
        if "services.yaml" in self.origin.unread:
            return None
        return {service.slug for service in self.pack.services} | self.origin.declared.get("services.yaml", set())

    # -- categories.yaml

    def categories(self) -> None:
        file, categories = "categories.yaml", self.pack.categories
        self.slugs(file, (category.slug for category in categories))
        parents = {category.slug: category.parent for category in categories}
        declared = self.origin.declared.get(file, set()) | set(parents)
        groups = {category.parent for category in categories}
        for index, category in enumerate(categories):
            self.category(index, category, leaf=category.slug not in groups)
            if category.parent is not None and category.parent not in declared:
                message = f"There is no category “{category.parent}”. Add it, or correct the parent."
                self.say(file, (index, "parent"), category.slug, message)
            cycle = _cycle(category.slug, parents)
            if cycle:
                message = f"Choose another parent: {' → '.join(cycle)} turns in a circle."
                self.say(file, (index, "parent"), category.slug, message)
            elif len(self.pack.category_path(category.slug)) > MAX_DEPTH:
                message = f"Move this category up: a tree of more than {MAX_DEPTH} levels is hard to choose from."
                self.say(file, (index, "parent"), category.slug, message)

    def category(self, index: int, category: Category, *, leaf: bool) -> None:
        file, slug = "categories.yaml", category.slug
        self.labels(file, (index, "labels"), slug, category.labels)
        if category.description:
            self.labels(file, (index, "description"), slug, category.description)
        self.words(index, category, leaf=leaf)
        if category.icon not in ICONS:
            near = _near(category.icon)
            message = f"There is no icon “{category.icon}”.{near} The list is in the documentation of packs."
            self.say(file, (index, "icon"), slug, message)
        if leaf and not category.kinds:
            message = "Say which kinds one can send here: problem, praise, proposal."
            self.say(file, (index, "kinds"), slug, message)
        if not leaf and category.kinds:
            message = "Remove the kinds: this category only gathers others, one cannot contribute in it."
            self.say(file, (index, "kinds"), slug, message)
        self.unique(file, (index, "kinds"), slug, category.kinds)
        known = self.known_services()
        named: list[tuple[Path, str]] = [((index, "service"), category.service)] if category.service else []
        named += [((index, "kind_services", kind), name) for kind, name in category.kind_services.items()]
        for path, service in named:
            if known is not None and service not in known:
                message = f"There is no service “{service}”. Add it to services.yaml, or correct its slug."
                self.say(file, path, slug, message)
        for kind in category.kind_services:
            if leaf and kind not in category.kinds:
                message = f"Remove this service, or add {kind} to the kinds: nobody can send one here."
                self.say(file, (index, "kind_services", kind), slug, message)
        self.questions(index, category)

    def words(self, index: int, category: Category, *, leaf: bool) -> None:
        """A town need not know words in all its languages."""
        file, slug = "categories.yaml", category.slug
        if category.words and not leaf:
            self.say(file, (index, "words"), slug, "Move the words to the categories that one can choose.")
        for language, words in category.words.items():
            if language not in self.pack.town.languages and "town.yaml" not in self.origin.unread:
                message = f"Remove the words in “{language}”, or add it to the languages of town.yaml."
                self.say(file, (index, "words", language), slug, message)
            self.unique(file, (index, "words", language), slug, words)

    def questions(self, index: int, category: Category) -> None:
        file = "categories.yaml"
        self.unique(file, (index, "questions"), category.slug, (one.slug for one in category.questions))
        for number, question in enumerate(category.questions):
            for path, message in _question(question):
                self.say(file, (index, "questions", number, *path), category.slug, message)
            for path, labels in _question_labels(question):
                self.labels(file, (index, "questions", number, *path), category.slug, labels)

    # -- rules.yaml

    def rules(self) -> None:
        file, rules = "rules.yaml", self.pack.rules
        self.slugs(file, (rule.slug for rule in rules))
        for index, rule in enumerate(rules):
            self.labels(file, (index, "name"), rule.slug, rule.name)
        if self.origin.unread & {"categories.yaml", "town.yaml"}:
            self.rules_alone()
            return
        town = replace(Town.of(self.pack), services=self.known_services())
        refused = self.origin.declared.get("categories.yaml", set()) - set(town.categories)
        language = self.pack.town.languages[0]
        to_check = [
            RuleToCheck(rule.name.get(language, rule.slug), rule.when, rule.then.service, rule.active) for rule in rules
        ]
        for issue in check_rules(to_check, town):
            # A category that was refused above is known all the same: its own fault is enough.
            if issue.message.params.get("slug") in refused:
                continue
            path: Path = (issue.rule, *issue.path)
            self.say(file, path, rules[issue.rule].slug, str(issue.message), warning=issue.severity == "warning")

    def rules_alone(self) -> None:
        """What is wrong with the rules themselves, when what they refer to could not be read."""
        for index, rule in enumerate(self.pack.rules):
            for problem in parse_condition(rule.when)[1]:
                self.say("rules.yaml", (index, "when", *problem.path), rule.slug, str(problem.message))

    # -- processes.yaml

    def processes(self) -> None:
        file, processes = "processes.yaml", self.pack.processes
        self.slugs(file, (process.slug for process in processes))
        known = {category.slug for category in self.pack.categories} | self.origin.declared.get(
            "categories.yaml", set()
        )
        # A town without categories uses those of the one that it nests in: whether they exist is seen at loading.
        checks_categories = bool(known) and "categories.yaml" not in self.origin.unread
        zones = {f"{group.kind}/{zone.slug}" for group in self.pack.zones for zone in group.zones}
        for index, process in enumerate(processes):
            slug = process.slug
            self.labels(file, (index, "labels"), slug, process.labels)
            if process.description:
                self.labels(file, (index, "description"), slug, process.description)
            for state, labels in process.states.items():
                self.labels(file, (index, "states", state), slug, labels)
            if process.opens and process.closes and process.opens >= process.closes:
                self.say(file, (index, "closes"), slug, "Let it close after it opens.")
            if process.hide_counts and not process.closes:
                message = "Say when it closes: counts that are hidden appear then, and never before."
                self.say(file, (index, "hide_counts"), slug, message)
            for category in process.categories:
                if checks_categories and category not in known:
                    message = f"There is no category “{category}”. Add it to categories.yaml, or correct its slug."
                    self.say(file, (index, "categories"), slug, message)
            for zone in process.zones:
                if zone not in zones:
                    message = f"There is no zone “{zone}”. Write KIND/SLUG, as in zones/KIND.geojson."
                    self.say(file, (index, "zones"), slug, message, warning=True)
            for name in ("categories", "zones"):
                self.unique(file, (index, name), slug, getattr(process, name))

    # -- zones

    def zones(self, boundary: Mapping[str, Any] | None) -> None:
        area = None if boundary is None else shape(dict(boundary))
        for group in self.pack.zones:
            file = f"zones/{group.kind}.geojson"
            if group.kind not in self.pack.town.zone_kinds and "town.yaml" not in self.origin.unread:
                message = f"Declare “{group.kind}” under zone_kinds in town.yaml, with its name in each language."
                self.issues.append(PackIssue(file, 0, "", message))
            lines = self.origin.zone_lines.get(file, ())
            seen: set[str] = set()
            for index, zone in enumerate(group.zones):
                line = lines[index] if index < len(lines) else 0
                if zone.slug in seen:
                    message = f"Choose another slug: “{zone.slug}” is already used in this file."
                    self.issues.append(PackIssue(file, line, f"{zone.slug}.slug", message))
                seen.add(zone.slug)
                for message in _outside(zone.geometry, area):
                    self.issues.append(PackIssue(file, line, f"{zone.slug}.geometry", message, "warning"))


def _outside(geometry: Mapping[str, Any], area: Any) -> Iterator[str]:
    """Hand-drawn zones follow a boundary loosely: only more than a hundredth outside is told."""
    if area is None:
        return
    zone = shape(dict(geometry))
    out = shapely.difference(zone, area).area / zone.area
    if out > 0.99:
        yield "This zone lies outside the territory: nothing will ever be in it. Check it, or remove it."
    elif out > 0.01:
        yield f"{out:.0%} of this zone lies outside the territory. Check its outline."


def _cycle(slug: str, parents: Mapping[str, str | None]) -> list[str]:
    """The circle this category is itself part of, from it back to it; empty when there is none."""
    path, current = [slug], parents.get(slug)
    while current is not None and current not in path:
        path.append(current)
        current = parents.get(current)
    return [*path, slug] if current == slug else []


def _near(icon: str) -> str:
    near = sorted(known for known in ICONS if icon and (known.startswith(icon[:3]) or icon in known))
    return f" Perhaps {', '.join(near[:3])}?" if near else ""


def _question(question: Question) -> Iterator[tuple[Path, str]]:
    choosing = question.type in ("choice", "multi")
    if choosing and len(question.options) < 2:
        yield ("options",), "Give at least two options to choose from."
    if not choosing and question.options:
        yield (
            ("options",),
            f"Remove the options, or make the type choice or multi: “{question.type}” has none.",
        )
    for value, count in Counter(option.slug for option in question.options).items():
        if count > 1:
            yield ("options",), f"Remove the repeated option “{value}”."
    if question.emergency is None:
        return
    possible = question.values()
    if possible is None:
        yield ("emergency",), "Only a question with given answers (choice, multi, yes_no) can stop the form."
        return
    for answer in question.emergency.answers:
        if answer not in possible:
            yield (
                ("emergency", "answers"),
                f"“{answer}” is not an answer to this question: {', '.join(possible)}.",
            )


def _question_labels(question: Question) -> Iterator[tuple[Path, Mapping[str, str]]]:
    yield ("label",), question.label
    if question.help is not None:
        yield ("help",), question.help
    for index, option in enumerate(question.options):
        yield ("options", index, "label"), option.label
    if question.emergency is not None:
        yield ("emergency", "text"), question.emergency.text
