"""Does somebody take back what they said? Read for the responder alone: it never lowers anything."""

from functools import cache

from gateway.risk.sayings import Sayings, read_sayings


def retraction(text: str) -> str | None:
    """How a message takes back an earlier one: ``joke``, ``false_alarm``, ``found`` or ``never_mind``; None if not.

    A label for the responder and nothing else. Whoever is watched, or is ashamed of having asked, says the same words
    as somebody who was joking, so that only a person may draw a conclusion. Raises CardError when its words cannot be
    read.
    """
    return sayings().first(text)


@cache
def sayings() -> Sayings:
    """The words of retraction.yml, read once per process."""
    return read_sayings("retraction.yml")
