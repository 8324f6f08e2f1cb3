"""What a call is told to do: TwiML of a voice webhook read back into what is said and which key is waited for."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from gateway.demo.webhooks import DECLARATION

LONGEST_WAIT = 30.0


@dataclass(frozen=True)
class Spoken:
    """What one answer says: each sentence with its language, in order.

    With an ``action`` a key is waited for ``seconds`` long and posted there; ``after`` is what is said when none came.
    ``readable`` is false for what is no TwiML: then Twilio says that an application error has occurred, and hangs up.
    """

    said: tuple[tuple[str, str], ...] = ()
    action: str | None = None
    seconds: float = 5.0
    after: tuple[tuple[str, str], ...] = ()
    readable: bool = True


UNREADABLE = Spoken(readable=False)


def read(body: bytes) -> Spoken:
    """Read one answer: ``<Say>``, ``<Pause>``, ``<Gather>`` for one key and ``<Hangup>``, as far as Twilio would go."""
    try:
        words = body.decode("utf-8")
        root = None if DECLARATION.search(words) else ElementTree.fromstring(words)  # noqa: S314 - no entities in it
    except (UnicodeDecodeError, ElementTree.ParseError):
        return UNREADABLE
    if root is None or root.tag != "Response":
        return UNREADABLE
    gather = root.find("Gather")
    if gather is None:
        return Spoken(tuple(_sentences(root)))
    before: list[tuple[str, str]] = []
    after: list[tuple[str, str]] = []
    passed = False
    for verb in root:
        passed = passed or verb is gather
        if verb.tag == "Say":
            (after if passed else before).append(_sentence(verb))
    return Spoken((*before, *_sentences(gather)), gather.get("action"), _seconds(gather.get("timeout")), tuple(after))


def _sentences(verbs: ElementTree.Element) -> Iterator[tuple[str, str]]:
    for verb in verbs:
        if verb.tag == "Hangup":
            return
        if verb.tag == "Say":
            yield _sentence(verb)


def _sentence(verb: ElementTree.Element) -> tuple[str, str]:
    return verb.get("language", "en-US"), "".join(verb.itertext()).strip()


def _seconds(given: str | None) -> float:
    return min(float(given), LONGEST_WAIT) if given and given.isdigit() else 5.0
