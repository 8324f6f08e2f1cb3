"""Says when people are meant to answer: "Monday to Friday, 9am to 5pm", as the plan that it is."""

from babel.dates import get_day_names
from babel.lists import format_list

from gateway.community import Staffed
from gateway.community_fields import DAYS
from gateway.directory.hours_words import clock
from gateway.web import widget_words

SPAN = 3  # days in a row that are said as a span


def meant(staffed: Staffed, language: str) -> str:
    """The sentence in ``"en"`` or ``"es"``; it promises nobody, and says that one can write at any hour."""
    if staffed.always or staffed.start is None or staffed.end is None:
        return widget_words.say(language, "people_meant_always")
    return widget_words.say(
        language,
        "people_meant_hours",
        days=_days([DAYS.index(day) for day in staffed.days], language),
        start=clock(staffed.start, language),
        end=clock(staffed.end, language),
    )


def _days(days: list[int], language: str) -> str:
    found = sorted(set(days))
    if len(found) == len(DAYS):
        return widget_words.say(language, "people_meant_every_day")
    names = get_day_names("wide", locale=language)
    if len(found) >= SPAN and found[-1] - found[0] == len(found) - 1:
        return widget_words.say(language, "people_meant_span", first=names[found[0]], last=names[found[-1]])
    return str(format_list([names[day] for day in found], locale=language))
