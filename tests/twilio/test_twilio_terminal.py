"""The terminal phone: piped texts get their answers, a person at a prompt sees texts arrive, mistakes are told."""

import io
import os
import pty
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from gateway.demo.standin import Standin
from gateway.demo.terminal import NOTICE, phone
from gateway.errors import FrontDoorError
from tests.twilio.conftest import ANA, BEN, NUMBER
from tests.twilio.webhook import Webhook

pytestmark = pytest.mark.slow


def test_piped_texts_get_their_answers_in_turn(standin: Standin, webhook: Webhook) -> None:
    webhook.answer = lambda call: (200, f"<Response><Message>heard {call.form['Body']}</Message></Response>")
    standin.accept(ANA, "an old text", None)
    screen = io.StringIO()

    phone(ANA, 5.0, url=standin.url, source=io.StringIO("hola mañana\n\nmás\n"), screen=screen)

    lines = screen.getvalue().splitlines()
    assert lines[0] == f"{NOTICE} This phone is {ANA}; the community's number is {NUMBER}."
    assert lines[1:] == [
        "> hola mañana",
        "< heard hola mañana",
        "  (1 segment, GSM-7)",
        "> más",
        "< heard más",
        "  (1 segment, UCS-2)",
    ]


def test_a_late_answer_is_waited_for(standin: Standin, webhook: Webhook) -> None:
    def later(_call: object) -> tuple[int, str]:
        threading.Timer(0.5, standin.accept, (ANA, "sorry for the wait", None)).start()
        threading.Timer(0.6, standin.accept, (BEN, "not for Ana", None)).start()
        return 200, "<Response/>"

    webhook.answer = later
    screen = io.StringIO()

    phone(ANA, 10.0, url=standin.url, source=io.StringIO("hi\n"), screen=screen)

    assert "< sorry for the wait" in screen.getvalue()
    assert "not for Ana" not in screen.getvalue()


def test_the_wait_has_an_end(standin: Standin) -> None:
    began = time.monotonic()

    phone(ANA, 0.3, url=standin.url, source=io.StringIO("hi\n"), screen=io.StringIO())

    assert time.monotonic() - began < 5


def test_a_text_that_was_not_taken_is_told(standin: Standin, webhook: Webhook) -> None:
    webhook.answer = lambda _call: (403, "")
    screen = io.StringIO()

    phone(ANA, 0.1, url=standin.url, source=io.StringIO("hi\n"), screen=screen)

    assert "! The gateway did not take it (403)." in screen.getvalue()


def test_no_demo_and_no_number_are_one_sentence() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(FrontDoorError, match="start it with: make run"):
        phone(ANA, url=f"http://127.0.0.1:{port}", source=io.StringIO(), screen=io.StringIO())
    with pytest.raises(FrontDoorError, match="must look like"):
        phone("555", source=io.StringIO(), screen=io.StringIO())


@pytest.fixture
def terminal() -> Iterator[tuple[int, io.TextIOWrapper]]:
    """The two ends of a terminal: what a person types into, and what the program reads."""
    master, slave = pty.openpty()
    with open(slave, encoding="utf-8") as reading:
        yield master, reading
    os.close(master)


def test_at_a_prompt_texts_show_as_they_arrive(
    standin: Standin, webhook: Webhook, terminal: tuple[int, io.TextIOWrapper]
) -> None:
    master, reading = terminal
    screen = io.StringIO()
    talking = threading.Thread(
        target=phone, args=(ANA,), kwargs={"url": standin.url, "source": reading, "screen": screen}
    )
    talking.start()
    os.write(master, b"hello\n")
    webhook.wait(1)
    standin.accept(ANA, "out of the blue", None)

    deadline = time.monotonic() + 10
    while "< out of the blue" not in screen.getvalue() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.write(master, b"\x04")
    talking.join(10)

    assert "< out of the blue" in screen.getvalue()
    assert "Ctrl-D ends" in screen.getvalue()
    assert not talking.is_alive()
