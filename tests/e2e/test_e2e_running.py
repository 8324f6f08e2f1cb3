"""One command runs it all: it is refused clearly, heals what is killed, and finds everything again."""

import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import log_in
from tests.e2e.front_door import FrontDoor, alive, eventually
from tests.e2e.handset import ADULT_NEAR, SERVICES, Handset

pytestmark = [pytest.mark.e2e, pytest.mark.bot, pytest.mark.slow, pytest.mark.faults, pytest.mark.timeout(900)]


def lines(output: str) -> list[str]:
    """What was printed, without empty lines."""
    return [line for line in output.splitlines() if line.strip()]


def test_a_second_start_on_the_same_folder_is_refused(front_door: FrontDoor) -> None:
    done = front_door.run("up")
    assert done.returncode == 1
    assert lines(done.stdout + done.stderr) == [
        f"Error: Front Door is running already on {front_door.var}; stop it first"
    ]
    assert front_door.ready()["ready"]


@pytest.mark.parametrize(
    "setting", ["FRONTDOOR_PORT", "FRONTDOOR_STANDIN_PORT", "FRONTDOOR_BOT_PORT", "FRONTDOOR_ACTIONS_PORT"]
)
def test_a_taken_port_is_named_with_its_setting(front_door: FrontDoor, setting: str) -> None:
    taken = front_door.environ[setting]
    free = dict.fromkeys(("FRONTDOOR_PORT", "FRONTDOOR_STANDIN_PORT", "FRONTDOOR_BOT_PORT"), "0")
    free |= {"FRONTDOOR_ACTIONS_PORT": "0", setting: taken}
    with tempfile.TemporaryDirectory(prefix="fd-") as var:
        done = front_door.run("up", FRONTDOOR_VAR=var, **free)
        assert done.returncode == 1
        assert lines(done.stdout + done.stderr) == [
            f"Error: port {taken} is in use; stop what uses it or set {setting} to another port"
        ]
        assert not (Path(var) / "postgres").exists()


def test_a_conversation_survives_the_death_of_every_part(front_door: FrontDoor, handset: Handset) -> None:
    """Each part is killed between two texts of one conversation, which goes on as if nothing had been."""
    handset.ask("need a place to sleep tonight", "Reply YES or NO")
    for part, said, expected in (
        ("worker", "no", "for you or for someone else"),
        ("web", "me", "ZIP code or place"),
        ("redis", "94103", SERVICES),
        ("postgres", "more", SERVICES),
    ):
        before = front_door.output()
        killed = front_door.pid(part)
        assert front_door.kill(part) != killed
        front_door.wait_whole()
        told = front_door.output().removeprefix(before)
        assert f"{part} ended (killed by SIGKILL); starting it again in" in told
        handset.ask(said, expected)


def test_while_the_bot_is_dead_a_menu_answers(front_door: FrontDoor, handset: Handset) -> None:
    front_door.kill("bot")
    os.kill(front_door.pid("bot"), signal.SIGSTOP)  # it loads for a while; let it be gone for as long as we look
    try:
        handset.ask("necesito comida, 94110", "1 comida\n")
        said = handset.ask("1 94110", SERVICES)
        assert any("Despensa Demo Town" in handset.names(text) for text in said)
    finally:
        os.kill(front_door.pid("bot"), signal.SIGCONT)
    front_door.wait_whole()
    eventually(lambda: bot_answers(Handset(front_door.standin)), 60, 1.0)


def test_a_bot_that_dies_in_the_middle_keeps_the_place(front_door: FrontDoor, handset: Handset) -> None:
    """Killed with its question about the place open: the menu answers, and then the bot still knows what it asked."""
    handset.ask("need a place to sleep tonight", "Reply YES or NO")
    handset.ask("no", "for you or for someone else")
    handset.ask("me", "ZIP code or place")
    front_door.kill("bot")
    os.kill(front_door.pid("bot"), signal.SIGSTOP)
    try:
        handset.ask("are you still there?", "1 food\n")
    finally:
        os.kill(front_door.pid("bot"), signal.SIGCONT)
    front_door.wait_whole()
    eventually(lambda: bot_answers(Handset(front_door.standin)), 60, 1.0)
    names = next(filter(None, map(handset.names, handset.ask("94103", SERVICES))))
    assert "Demo Town Night Shelter" in names


def bot_answers(handset: Handset) -> bool:
    """Whether the bot, and not the menu, answers a new resident."""
    return any("Responda SÍ o NO" in text for text in handset.ask("necesito comida", "SÍ o NO|1 comida"))


def test_the_next_start_finds_everything_again(
    front_door: FrontDoor, handset: Handset, new_page: Callable[..., Page]
) -> None:
    page = log_in(new_page(), front_door.url, *front_door.log_in)
    handset.ask("i want to talk to a person", "We asked a person")
    handset.ask("need a place to sleep tonight", "Reply YES or NO")
    expect(page.locator("#queue .row")).to_have_count(1)
    again = None
    try:
        front_door.stop()
    finally:
        again = front_door.start()
    front_door.wait_whole()
    assert "password" not in again
    assert "log-in      as before" in again

    # The browser is still logged in, and the thread is there with every word.
    expect(page.locator("#live-word")).to_have_text("Live", timeout=30_000)
    page.locator("#queue .row a").click()
    expect(page.locator(".message.resident .said")).to_have_text(
        ["i want to talk to a person", "need a place to sleep tonight"]
    )
    log_in(new_page(), front_door.url, *front_door.log_in)
    # The bot goes on where the conversation was.
    assert handset.until_services("no", ADULT_NEAR | {"ZIP code or place": "94103"})
    assert alive(front_door.pid("worker"))
