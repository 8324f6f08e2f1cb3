"""An answer to one question fits its texts whatever the directory holds, and cuts no number in two."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import segments
from gateway.directory import choices, facts, one_service
from gateway.directory.stored import Asking
from gateway.directory.wanted import FoundService
from tests.directory.test_directory_answers import NOW, PANTRY
from tests.directory.test_directory_answers_hostile import HOSTILE, LONG, MOST

WEEKS = st.sampled_from(["", "Mon-Fri 9am-5pm", "Mon 9am-5pm; " * 30 + "Sun: call for hours"])
PROSE = st.none() | LONG | st.sampled_from(["Call (415) 555-0101 or 415 555 0102 " * 9, "$12.50 " * 40])
SAID = st.builds(
    replace,
    HOSTILE,
    how_to_apply=PROSE,
    wait_time=PROSE,
    alert=PROSE,
    accessibility=PROSE,
    getting_there=PROSE,
    interpretation=PROSE,
    description=PROSE,
    fees=PROSE,
    email=st.none() | st.just("ana@example.org"),
)


@settings(max_examples=150, deadline=None)
@given(
    services=st.lists(SAID, min_size=1, max_size=3),
    kind=st.sampled_from(choices.FACTS),
    language=st.sampled_from(["en", "es"]),
    week=WEEKS,
)
def test_whatever_is_known_the_answer_fits(services: list[FoundService], kind: str, language: str, week: str) -> None:
    asking = Asking(language, NOW)
    told = [(number, service, week) for number, service in enumerate(services, 1)]
    text = one_service.answer(told, kind, asking, "sms")
    assert segments.count(text).segments <= MOST[language]
    assert len(re.findall(r"(?m)^\d\)", text)) >= len(services)
    assert segments.count(one_service.detail(services[0], 1, week, asking, "sms")).segments <= MOST[language]


@pytest.mark.parametrize("most", range(5, 45))
def test_no_number_is_cut_in_two(most: int) -> None:
    text = "Call (415) 555-0101 or 415 555 0102 after 5"
    cut = one_service._cut(text, most)
    assert len(cut) <= most
    assert text.startswith(cut)
    assert re.sub(r"\(415\) 555-0101|415 555 0102|\b5$", "", cut).isascii()
    assert not re.search(r"\d", re.sub(r"\(415\) 555-0101|415 555 0102|after 5$", "", cut))


def test_each_kind_of_question_has_an_answer_or_none() -> None:
    bare = replace(PANTRY, fees=None, cost=None, documents=(), eligibility=None, languages=(), access=(), url=None)
    for kind in choices.FACTS:
        assert facts.told(bare, kind, "", "en") == ([bare.description] if kind == "about" and bare.description else [])
        assert one_service.answer([(1, bare, "")], kind, Asking("es", NOW), "sms").startswith("1) ")


@pytest.mark.parametrize(
    ("field", "value", "kind", "en", "es"),
    [
        ("languages", ("es", "vi", "xx"), "speaks", "They speak: Spanish, Vietnamese", "Hablan: español, vietnamita"),
        ("access", ("wheelchair",), "access", "Access: for wheelchairs", "Acceso: para silla de ruedas"),
        ("wait_time", "2 weeks", "apply", "Wait: 2 weeks", "Espera: 2 weeks"),
        ("cost", "free", "cost", "Free", "Gratis"),
        ("documents", ("A lease", "A bill"), "papers", "Bring: A lease; A bill", "Lleve: A lease; A bill"),
    ],
)
def test_what_is_coded_is_said_in_words(field: str, value: object, kind: str, en: str, es: str) -> None:
    service: FoundService = replace(PANTRY, fees=None, **{field: value})  # type: ignore[arg-type]
    assert (facts.told(service, kind, "", "en"), facts.told(service, kind, "", "es")) == ([en], [es])
