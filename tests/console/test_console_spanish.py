"""The console in Spanish: every word is there, who reads it chooses it, and it never stands in the way of a page."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway import referrals
from gateway.directory import needs, topics
from gateway.models import Escalation
from gateway.web import console_follow_ups as told
from gateway.web import console_language, console_referrals
from gateway.web.console_queue_words import CATEGORIES
from gateway.web.console_words import plain
from gateway.yaml_files import read_yaml
from tests.console.conftest import Person
from tools import console_words

PAGES = ("", "shifts", "rest", "rota", "people", "account", "directory", "imports", "labels", "looks", "gaps")
# "tú" and its verbs: the console says usted, as everything else here does.
FAMILIAR = re.compile(r"\b(tú|tu|tus|ti|contigo|eres|tienes|puedes|quieres|haz|elige|escribe tu|debes)\b", re.I)


def test_every_word_of_the_console_has_its_spanish() -> None:
    assert list(console_words.faults()) == []


def test_codes_that_are_drawn_as_words_have_their_spanish() -> None:
    """Nobody writes these in a template, so nothing else would find a new one."""
    known = {str(each.id) for each in console_words.kept() if each.string}
    codes = {*read_yaml(needs.MAPPING), *read_yaml(topics.FILE), *CATEGORIES, *referrals.MAY_SAY}
    assert sorted(plain(code) for code in codes if plain(code) not in known) == []
    words = [told.STATES, told.RESULTS, told.REASONS, told.BARRIERS, console_referrals.STATES]
    assert [text for each in words for text in each.values() if text not in known] == []


def test_the_catalogue_says_usted() -> None:
    words = [str(each.string) for each in console_words.kept() if each.id]
    assert len(words) > 1000
    assert [text for text in words if FAMILIAR.search(text)] == []


@pytest.mark.parametrize(
    ("asked", "lang"), [("es-MX,es;q=0.9,en;q=0.5", "es"), ("en-US,es;q=0.3", "en"), ("ht,fr", "en")]
)
def test_the_way_in_is_in_the_language_of_the_browser(client: FlaskClient, asked: str, lang: str) -> None:
    page = client.get("/console/log-in", headers={"Accept-Language": asked}).text
    assert f'<html lang="{lang}">' in page
    assert ("Contraseña" if lang == "es" else "Password") in page


@pytest.mark.slow
def test_a_person_who_chooses_spanish_reads_it_everywhere(person: Callable[..., Person]) -> None:
    sol = person("Soledad", "admin")
    english = {page: sol.client.get(f"/console/{page}") for page in PAGES}
    assert sol.post("/console/account/language", locale="es").status_code == 303
    for page, before in english.items():
        after = sol.client.get(f"/console/{page}")
        assert after.status_code == before.status_code, page
        if before.status_code == 200:
            assert '<html lang="en">' in before.text
            assert '<html lang="es">' in after.text, page
            assert ("Cerrar sesión" in after.text) == ("Log out" in before.text), page
            assert "Log out" not in after.text, page


@pytest.mark.slow
def test_a_thread_and_a_refusal_are_in_spanish(
    person: Callable[..., Person], written: Callable[..., Escalation]
) -> None:
    row = written(notes=["long past", "raised to urgent", "read as: took 100% of my pills", "new kind"])
    ana = person("Ana")
    ana.post("/console/account/language", locale="es")
    page = ana.client.get(f"/console/threads/{row.id}").text
    assert ">Tomar<" in page
    assert ">Claim<" not in page
    for note in ("por sí solo se lee como algo del pasado", "subido a: Urgente", "leído como: took 100%", "new kind"):
        assert note in page
    refused = ana.client.get("/console/threads/999999", headers={"Accept": "text/html"})
    assert refused.status_code == 404
    assert "No hay esa conversación." in refused.text


def test_what_is_filled_in_is_filled_in_both_languages(app: Flask) -> None:
    text = "Too many tries. Minutes to wait: %(minutes)s. Or ask an admin."
    for asked, words in (("en", "Minutes to wait: 7."), ("es", "Minutos de espera: 7.")):
        with app.test_request_context(headers={"Accept-Language": asked}):
            assert words in console_language.say(text, minutes=7)


def test_words_without_spanish_are_said_in_english(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "es"}):
        assert console_language.say("no such words") == "no such words"
        assert console_language.say("") == ""


def test_places_to_fill_in_are_compared() -> None:
    assert console_words.places("%(n)s of {count}") == ["%(n)s", "{count}"]
    assert console_words.places("nothing") == []
