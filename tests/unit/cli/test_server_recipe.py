"""The recipe of a server keeps its promises: everything there, checked for health, unprivileged, without a secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.cli.environment import UV_VERSION
from app.cli.stack.embedded import own_processes

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docker-compose.yml").read_text()
RECIPE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = RECIPE["services"]
ONE_SHOT = {"schema", "volumes"}
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_everything_that_a_town_needs_is_there() -> None:
    assert "postgis" in SERVICES["database"]["image"]
    assert "valkey" in SERVICES["queue"]["image"]
    assert SERVICES["web"]["deploy"]["replicas"] == 2
    assert {"front", "relay", "worker-intake", "worker-default", "scheduler", "storage"} <= set(SERVICES)


def test_the_server_runs_the_same_processes_as_the_embedded_stack() -> None:
    for process in own_processes({}, folder=Path("/"), port=1):
        if process.name == "web":
            assert '"gunicorn", "app:create_app()"' in DOCKERFILE
        else:
            assert SERVICES[process.name]["command"] == ["python", *process.command[1:]]


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONE_SHOT))
def test_every_lasting_service_restarts_and_is_checked(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_service_is_root_or_may_become_it(name: str) -> None:
    service = SERVICES[name]
    assert str(service["user"]).split(":")[0] not in {"", "0", "root"}
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")


def test_the_image_is_not_root_either() -> None:
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)
    assert users[-1].split(":")[0] not in {"0", "root"}
    assert "HEALTHCHECK" in DOCKERFILE


def test_no_secret_is_written_down() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"SECRET|PASSWORD|_KEY|AUTH|(DATABASE|REDIS)_URL", variable):
                assert re.search(r"\$\{\w+:\?[^}]*\}", str(value)), f"{name}: {variable} must come from outside"
    for variable in re.findall(r"\$\{(\w+)", TEXT):
        if variable not in {"AUZOLAN_LISTEN"}:
            assert f"${{{variable}:?" in TEXT, f"{variable} must be demanded"
            assert f"${{{variable}:-" not in TEXT


def test_only_the_front_listens_outside_and_by_default_on_this_machine() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["front"]
    assert SERVICES["front"]["ports"] == ["${AUZOLAN_LISTEN:-127.0.0.1:8080}:8080"]


def test_what_must_be_kept_is_in_named_volumes() -> None:
    for name in ("database", "queue", "storage", "web"):
        sources = {volume.split(":")[0] for volume in SERVICES[name]["volumes"]}
        assert sources, name
        assert sources <= set(RECIPE["volumes"])


def test_images_are_pinned() -> None:
    images = {service["image"] for service in SERVICES.values()} - {"auzolan:local"}
    assert all(re.search(r":v?\d", image) for image in images), images


def test_one_version_of_uv_makes_every_environment() -> None:
    assert f"uv=={UV_VERSION}" in DOCKERFILE
