"""Writes the tables of ``docs/safety.md`` from the safety texts, so that a clinician reads what residents are told.

``python -m tools.safety_page`` brings the page up to date; a test fails when it is not.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from gateway import safety, texts
from gateway.segments import count
from tools.pages import bring_up_to_date, table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "safety.md"
BEGIN = "<!-- from here to the end mark: written by `python -m tools.safety_page` -->"
END = "<!-- end mark -->"


def brought_up_to_date(page: str) -> str:
    """The page with its tables as the texts are now. Raises ``ValueError`` when it has no place for them."""
    before, begun, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not begun or not ended:
        raise ValueError(f"{PAGE.name}: the markers of the written part are missing")
    return "".join([before, BEGIN, "\n\n", "\n".join(written()), "\n\n", END, after])


def written() -> Iterator[str]:
    """The lines of the written part."""
    told = texts.safety_texts()
    yield f"Version of the texts: `{safety.version()}`. All of them: **awaiting clinical sign-off**."
    yield ""
    yield "### Which text is said when"
    yield ""
    yield from table(
        ("", "found", "text"),
        ((str(place), f"`{category}`", name) for place, (category, name) in enumerate(told.order, start=1)),
    )
    for level, named in told.levels.items():
        yield ""
        yield f"### Level {level}"
        yield ""
        yield from table(
            ("text", "English", "Español", "sources"),
            (
                (f"**{name}**", _shown(text, "en"), _shown(text, "es"), ", ".join(text.sources))
                for name, text in named.items()
            ),
        )
    yield ""
    yield "### Signed together with these"
    yield ""
    yield from table(
        ("text", "English", "Español"),
        ((f"**{key}**", *(_cell(words, [words]) for words in texts.wording(key).values())) for key in told.also),
    )
    yield from _sources(told)


def _sources(told: texts.Safety) -> Iterator[str]:
    yield ""
    yield "### Sources: check every number before use"
    yield ""
    yield from table(
        ("name", "source", "what it says", "numbers"),
        (
            (name, f"{source.name}, {source.at}", source.says, ", ".join(source.numbers))
            for name, source in told.sources.items()
        ),
    )


def _shown(text: texts.SafetyText, language: str) -> str:
    """A text as it is where 911 can only be called, and what it costs there and where 911 takes texts."""
    calls = texts.safety_texts().call
    said = [text.wording[language].format(call_911=calls[way][language]) for way in ("voice", "voice_or_text")]
    return _cell(said[0], said)


def _cell(words: str, costed: Iterable[str]) -> str:
    costs = [count(each) for each in costed]
    dearest = max(costs, key=lambda cost: cost.units)
    units = "-".join(str(number) for number in sorted({cost.units for cost in costs}))
    price = f"*{safety.segments(dearest.segments)}, {dearest.encoding}, {units} units*"
    return "<br>".join([*words.replace("|", r"\|").splitlines(), price])


def main() -> None:
    """Write the page, and say whether it had to change."""
    bring_up_to_date(PAGE, brought_up_to_date)


if __name__ == "__main__":
    main()
