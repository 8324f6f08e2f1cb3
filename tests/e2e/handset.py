"""A resident's phone on the running demo: what it sends goes through the stand-in's door, as from the handset page."""

import itertools
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx

from tests.e2e.front_door import eventually

NUMBERS = itertools.count(7000)
SECONDS = 45.0
# The bot's questions in both languages, and what this resident says to each.
ADULT_NEAR = {
    r"Reply YES or NO|Responda SÍ o NO": "no",
    r"for you or for someone else": "me",
    r"para usted o para otra persona": "para mí",
}
SERVICES = r"\n1\) "
LISTED = re.compile(r"^(\d)\) ([^,\n]+),", re.MULTILINE)


@dataclass(frozen=True)
class Answer:
    """What the webhook itself answered: its HTTP status, the texts in it, and after how many seconds."""

    status: int
    texts: Sequence[str]
    seconds: float


class Handset:
    """One phone with a number of its own."""

    def __init__(self, standin: str, number: str | None = None) -> None:
        self.number = number or f"+1555555{next(NUMBERS)}"
        self._standin = standin

    def text(self, body: str) -> Answer:
        """Text the community number."""
        order = {"from": self.number, "body": body}
        asked = time.monotonic()
        answer = httpx.post(f"{self._standin}/_standin/inbound", json=order, timeout=30).raise_for_status().json()
        return Answer(answer["status"], answer["twiml"], time.monotonic() - asked)

    def got(self) -> list[str]:
        """Every text that reached this phone, oldest first."""
        return [each["body"] for each in self._messages() if each["status"] not in {"failed", "undelivered"}]

    def ask(self, body: str, expected: str, seconds: float = SECONDS) -> list[str]:
        """Text, wait for a text in which ``expected`` (a pattern) stands, and return all that came meanwhile."""
        before = len(self.got())
        assert self.text(body).status == 200
        self.wait_for(expected, before, seconds)
        return self.got()[before:]

    def wait_for(self, expected: str, after: int = 0, seconds: float = SECONDS) -> None:
        """Wait until a text in which ``expected`` stands came, not counting the first ``after`` texts."""
        try:
            eventually(lambda: any(re.search(expected, text) for text in self.got()[after:]), seconds)
        except AssertionError as late:
            raise AssertionError(f"{expected!r} did not come, but: {self.got()[after:]}") from late

    def until_services(self, opening: str, answers: Mapping[str, str] = ADULT_NEAR, most: int = 5) -> list[str]:
        """Write, answer what is asked, and return the names of the services; at most so many texts of the resident."""
        body = opening
        for _ in range(most):
            came = self.ask(body, "|".join([*answers, SERVICES]))
            last = came[-1]
            # The offer of a follow-up may have come right behind the services.
            if names := next(filter(None, map(self.names, came)), []):
                return names
            body = next(said for asked, said in answers.items() if re.search(asked, last))
        raise AssertionError(f"no services after {most} texts: {self.got()}")

    def names(self, text: str) -> list[str]:
        """The services that a text lists, in order; they must be numbered from one."""
        listed = LISTED.findall(text)
        assert [number for number, _ in listed] == ["1", "2", "3"][: len(listed)]
        return [name for _, name in listed]

    def _messages(self) -> list[dict[str, str]]:
        answer = httpx.get(f"{self._standin}/_standin/messages", params={"to": self.number}, timeout=30)
        found: list[dict[str, str]] = answer.raise_for_status().json()["messages"]
        return found
