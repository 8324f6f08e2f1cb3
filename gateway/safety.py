"""Whether a clinician of the town has signed the safety texts as they are now, and the texts laid out for reading."""

import hashlib
import json
from collections.abc import Iterator
from functools import cache

from gateway import texts
from gateway.community import Community
from gateway.segments import count

LANGUAGE_NAMES = {"en": "English", "es": "Español"}


@cache
def version() -> str:
    """The version of the texts as they stand in the files."""
    return version_of(texts.safety_texts())


def version_of(told: texts.Safety) -> str:
    """Twelve hex digits that change with every word that a resident in danger may be told, and with which one when."""
    everything = {
        "call": told.call,
        "order": told.order,
        "levels": {level: {name: text.wording for name, text in named.items()} for level, named in told.levels.items()},
        "also": {key: texts.wording(key) for key in told.also},
    }
    return hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()[:12]


def signed(town: Community) -> bool:
    """Whether the town's signature stands under the texts as they are now."""
    return town.safety_sign_off is not None and town.safety_sign_off.version == version()


def state(town: Community) -> str:
    """The state of review, in words for the people who run the town's front door."""
    signature = town.safety_sign_off
    if signature is None:
        return "awaiting clinical sign-off"
    by = f"{signature.name}, {signature.role}, {signature.date.isoformat()}"
    if not signed(town):
        return (
            f"awaiting clinical sign-off: the texts are not those that were signed ({by}, version {signature.version})"
        )
    return f"signed by {by}"


def said_for(name: str) -> tuple[str, ...]:
    """The categories that get this text, in the order in which they are looked for; the general one gets the rest."""
    return tuple(category for category, text in texts.safety_texts().order if text == name)


def lines(town: Community) -> Iterator[str]:
    """Every safety text as this town's residents would read it, what it costs as SMS, where it comes from."""
    told = texts.safety_texts()
    yield f"safety texts: {state(town)}"
    yield f"version {version()}, {town.name}"
    for level, named in told.levels.items():
        for name, text in named.items():
            said = {code: texts.filled(text, code, town) for code in texts.LANGUAGES}
            sources = "; ".join(told.sources[source].name for source in text.sources)
            yield from _laid_out(f"{level} / {name}", ", ".join(said_for(name)), said, sources)
    for key in told.also:
        yield from _laid_out(key, "said in or beside danger", dict(texts.wording(key)), None)


def _laid_out(title: str, categories: str, said: dict[str, str], sources: str | None) -> Iterator[str]:
    yield ""
    yield f"== {title} ({categories})" if categories else f"== {title}"
    for code, text in said.items():
        cost = count(text)
        yield f"{LANGUAGE_NAMES[code]}: {segments(cost.segments)}, {cost.encoding}, {cost.units} units"
        yield from (f"    {line}" for line in text.splitlines())
    if sources:
        yield f"sources, check before use: {sources}"


def segments(number: int) -> str:
    """A number of SMS segments, in words."""
    return "1 segment" if number == 1 else f"{number} segments"
