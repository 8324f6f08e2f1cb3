"""The Dockerfile and compose.yaml: clean, unprivileged, closed where they should be, and true to the code."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
NO_SECRETS = {"FRONTDOOR_BOT_URL", "FRONTDOOR_BOT_PROCESSES"}
OURS = ["migrate", "web", "worker", "bot", "actions"]


def stages() -> dict[str, str]:
    """The text of each stage of the Dockerfile by its name."""
    parts = re.split(r"^FROM (\S+) AS (\S+)$", TEXT, flags=re.MULTILINE)
    return {parts[at + 1]: parts[at] + "\n" + parts[at + 2] for at in range(1, len(parts), 3)}


def test_hadolint_finds_nothing() -> None:
    linted = subprocess.run(
        [str(Path(sys.executable).with_name("hadolint")), "--failure-threshold", "style", str(ROOT / "Dockerfile")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (linted.returncode, linted.stdout) == (0, "")


@pytest.mark.parametrize("name", ["gateway", "bot"])
def test_an_image_is_unprivileged_and_can_be_watched_and_stopped(name: str) -> None:
    stage = stages()[name]
    account = re.findall(r"^USER (\d+):(\d+)$", stage, flags=re.MULTILINE)[-1]
    assert all(int(number) >= 10000 for number in account)
    assert re.search(r"^HEALTHCHECK .*\\\n +CMD \[", stage, flags=re.MULTILINE)
    assert "STOPSIGNAL SIGTERM" in stage
    # What compiles or fetches stays in the stage before.
    assert not re.search(r"\b(apt-get|pip|uv|gcc|bootstrap)\b", stage)


def test_the_bases_can_be_changed() -> None:
    assert stages()["gateway"].startswith("${GATEWAY_BASE}\n")
    assert stages()["bot"].startswith("${BOT_BASE}\n")
    assert re.search(r"^ARG GATEWAY_BASE=python:3\.12-", TEXT, flags=re.MULTILINE)
    assert re.search(r"^ARG BOT_BASE=python:3\.10-", TEXT, flags=re.MULTILINE)


def test_what_is_copied_exists_and_reaches_the_builder() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    sources = [word for line in re.findall(r"^COPY ([^-].*)$", TEXT, flags=re.MULTILINE) for word in line.split()[:-1]]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert source.split("/")[0] in allowed, source


def test_nothing_private_reaches_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    assert not {"!.env", "!var", "!models", "!.git", "!community.toml"} & set(lines)


def test_every_part_is_there_and_builds_from_a_target_of_ours() -> None:
    assert {"web", "worker", "bot", "actions", "db", "redis"} <= set(SERVICES)
    for name in OURS:
        assert SERVICES[name]["build"]["target"] in stages()
    for name in ("db", "redis"):
        assert re.fullmatch(r"[a-z]+:\d+[a-z.-]*", SERVICES[name]["image"])


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_little_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    assert service["logging"]["options"]["max-size"]
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
    if name in OURS:
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]


def test_only_the_web_process_has_a_port_and_only_on_loopback() -> None:
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "web": ["127.0.0.1:8080:8080"]
    }


def test_the_bot_has_no_way_out_and_no_secret_but_its_own() -> None:
    for name in ("bot", "actions"):
        assert SERVICES[name]["networks"] == ["bots"]
        assert "env_file" not in SERVICES[name]
        assert set(SERVICES[name].get("environment", {})) <= {"BOT_SECRET"}
    for name in ("bots", "stores"):
        assert COMPOSE["networks"][name] == {"internal": True}
    assert {SERVICES[name]["networks"][0] for name in ("db", "redis")} == {"stores"}


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "compose.yaml").read_text()
    asked = [each for each in re.findall(r"\$\{(\w+)([^}]*)\}", text) if each[0] not in NO_SECRETS]
    assert {name for name, _ in asked} == {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "FRONTDOOR_BOT_SECRET"}
    assert all(rest.startswith(":?") for _, rest in asked)


def test_the_settings_that_it_gives_exist() -> None:
    known = (ROOT / ".env.example").read_text()
    for name in OURS:
        for setting in SERVICES[name].get("environment", {}):
            assert setting == "BOT_SECRET" or re.search(rf"^#? ?{setting}=", known, flags=re.MULTILINE), setting


def test_who_waits_for_whom_exists_and_the_door_waits_for_neither_bot_nor_redis() -> None:
    for service in SERVICES.values():
        for needed, how in service.get("depends_on", {}).items():
            assert how["condition"] != "service_healthy" or "healthcheck" in SERVICES[needed]
            assert how["condition"] != "service_completed_successfully" or SERVICES[needed]["restart"] == "no"
    assert set(SERVICES["web"]["depends_on"]) == {"migrate"}
    assert set(SERVICES["migrate"]["depends_on"]) == {"db"}


def test_the_commands_are_verbs_that_exist() -> None:
    from gateway.cli import main  # noqa: PLC0415

    for name in ("migrate", "web", "worker"):
        assert SERVICES[name]["command"] == ["frontdoor", name]
        assert name in main.commands
    for module in ("serve", "serve_actions"):
        assert (ROOT / "bot" / f"{module}.py").exists()
    assert SERVICES["actions"]["command"][2] == "bot.serve_actions"
