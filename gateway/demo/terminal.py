"""A phone in the terminal: texts the running demo as a resident and shows what arrives."""

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TextIO
from urllib.parse import urlencode

import urllib3

from gateway.demo.contract import E164
from gateway.errors import FrontDoorError

QUIET_SECONDS = 1.0  # after an answer, so long without another one means that it was the last
POLL_SECONDS = 20
NOTICE = "Simulator. No real texts are sent."


def phone(
    number: str,
    wait: float = 8.0,
    *,
    url: str | None = None,
    source: TextIO | None = None,
    screen: TextIO | None = None,
) -> None:
    """Text from ``number`` until the input ends.

    At a terminal there is a prompt, and texts show as they arrive. From a pipe each line is one text, and up to
    ``wait`` seconds pass for its answers before the next one. ``url`` is the stand-in's address
    (FRONTDOOR_TWILIO_API_URL, else port 8090 of this machine). Raises :class:`FrontDoorError` when the demo does
    not answer or the number is none.
    """
    source, screen = source or sys.stdin, screen or sys.stdout
    if not E164.fullmatch(number):
        raise FrontDoorError("The number must look like +15555550111")
    line = _Line(url or os.environ.get("FRONTDOOR_TWILIO_API_URL", "http://127.0.0.1:8090"), number, screen)
    screen.write(f"{NOTICE} This phone is {number}; the community's number is {line.community}.\n")
    if source.isatty():
        _interactive(line, source, screen)
    else:
        _piped(line, source, wait)


def _interactive(line: "_Line", source: TextIO, screen: TextIO) -> None:
    screen.write("Type a text and press Enter; Ctrl-D ends.\n")
    screen.flush()
    over = threading.Event()
    threading.Thread(target=_watch, args=(line, over), name="phone", daemon=True).start()
    try:
        for text in source:
            if text.strip():
                line.say(text.strip())
    except KeyboardInterrupt:
        screen.write("\n")
    finally:
        over.set()


def _watch(line: "_Line", over: threading.Event) -> None:
    while not over.is_set():
        try:
            line.look(POLL_SECONDS)
        except FrontDoorError as lost:
            line.show(f"! {lost}")
            over.wait(2.0)


def _piped(line: "_Line", source: TextIO, wait: float) -> None:
    for text in source:
        if text.strip():
            line.show(f"> {text.strip()}")
            line.say(text.strip())
            line.listen(wait)


class _Line:
    """One phone's line to the stand-in."""

    def __init__(self, url: str, number: str, screen: TextIO) -> None:
        self._url, self._number, self._screen = url.rstrip("/"), number, screen
        self._pool = urllib3.PoolManager(retries=False)
        self._writing = threading.Lock()
        first = self._ask("GET", "/_standin/feed?after=0&wait=0")
        self._shown: set[str] = {text["sid"] for text in first["messages"]}  # what came before is not told again
        self.community: str = first["number"]
        self._version: int = first["version"]

    def say(self, text: str) -> None:
        """Text the community's number; says so when the gateway did not take it."""
        answer = self._ask("POST", "/_standin/inbound", {"from": self._number, "body": text})
        if "error" in answer:
            self.show(f"! {answer['error']}")
        elif answer["status"] // 100 != 2:  # noqa: PLR2004 - a 2xx
            self.show(f"! The gateway did not take it ({answer['status'] or answer['fault']}).")

    def listen(self, wait: float) -> None:
        """Show what arrives, until ``wait`` seconds are over or nothing came for a second after the last text."""
        end, heard = time.monotonic() + wait, False
        while (left := end - time.monotonic()) > 0:
            count = self.look(min(left, QUIET_SECONDS) if heard else left)
            if heard and not count:
                return
            heard = heard or bool(count)

    def look(self, wait: float) -> int:
        """Show what arrived for this phone; waits ``wait`` seconds for it. Returns how many texts that were."""
        end, count = time.monotonic() + wait, 0
        while not count and (left := end - time.monotonic()) > 0:
            feed = self._ask("GET", f"/_standin/feed?{urlencode({'after': self._version, 'wait': int(left + 0.999)})}")
            self._version = feed["version"]
            count = sum(self._arrive(text) for text in feed["messages"])
        return count

    def show(self, line: str) -> None:
        """One line on the screen."""
        with self._writing:
            self._screen.write(line + "\n")
            self._screen.flush()

    def _arrive(self, text: Mapping[str, Any]) -> bool:
        mine = text["to"] == self._number and text["direction"] != "inbound" and text["sid"] not in self._shown
        if not mine or text["status"] in {"failed", "undelivered"}:
            return False
        self._shown.add(text["sid"])
        cost = f"{text['segments']} segment{'s' if text['segments'] != 1 else ''}, {text['encoding']}"
        self.show(f"< {text['body']}\n  ({cost})")
        return True

    def _ask(self, method: str, path: str, order: object = None) -> Any:
        ask: Callable[..., Any] = self._pool.request
        try:
            answer = ask(method, self._url + path, timeout=POLL_SECONDS + 10, **({"json": order} if order else {}))
            return answer.json()
        except (urllib3.exceptions.HTTPError, ValueError):
            raise FrontDoorError(f"No demo answers at {self._url}; start it with: make run") from None
