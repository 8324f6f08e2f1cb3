"""The console in the language of the person who works in it, by Flask-Babel.

Words are written in English where they are used and in Spanish in ``gateway/translations/es.po``. That file is compiled
in memory when the first Spanish page is drawn: no second file of the same words can fall behind.
"""

import io
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import g, has_request_context, request
from flask.sansio.app import App
from flask_babel import Babel, Domain, get_locale, gettext

LANGUAGES = ("en", "es")
CATALOGUE = Path(__file__).parents[1] / "translations" / "es.po"


class Words(Domain):  # type: ignore[misc]
    """The catalogue of the console; English needs none."""

    def get_translations(self) -> NullTranslations:
        """The words of the language of this request."""
        return spanish() if language() == "es" else NullTranslations()


@lru_cache(maxsize=1)
def spanish() -> NullTranslations:
    """The Spanish words, read once. Raises :class:`OSError` when the file is not there."""
    with CATALOGUE.open("rb") as source:
        kept = read_po(source, locale="es", domain="messages")
    compiled = io.BytesIO()
    write_mo(compiled, kept)
    compiled.seek(0)
    return Translations(compiled)


def set_up(app: App) -> None:
    """Give the templates ``_`` and ``ui_language``."""
    if "babel" in app.extensions:
        return
    babel = Babel(configure_jinja=False)
    babel.init_app(app, default_domain="messages", locale_selector=_chosen)
    babel.domain_instance = Words()
    app.jinja_env.globals["_"] = say
    app.jinja_env.globals["ui_language"] = language
    app.jinja_env.filters["translated"] = translated


def language() -> str:
    """``en`` or ``es``: what the person chose; before a log-in what their browser asks for first."""
    found = get_locale() if has_request_context() else None
    return found.language if found is not None and found.language in LANGUAGES else "en"


def say(text: str, **values: Any) -> str:
    """These words in the language of the reader, with what stands in ``%(name)s`` filled in."""
    said = gettext(text) if text else text  # the empty name is the catalogue's own head
    return said % values if values else said


def name_of(iso: str) -> str | None:
    """What a language is called in Spanish (Unicode CLDR), for a Spanish page; None where the English name serves."""
    return Locale("es").languages.get(iso) if language() == "es" else None


def translated(words: Mapping[str, str]) -> dict[str, str]:
    """What a page's script says, under the same names."""
    return {key: say(text) for key, text in words.items()}


def _chosen() -> str:
    person = g.get("responder")
    if person is not None:
        return "es" if person.locale == "es" else "en"
    asked = (tag.partition("-")[0].lower() for tag in request.accept_languages.values())
    return next((each for each in asked if each in LANGUAGES), "en")
