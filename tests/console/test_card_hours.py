"""A card shows no hours as if they held while a service is closed, or where nobody checked them for long."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from gateway import texts
from gateway.db import Database
from gateway.models import Referral
from gateway.models.directory import Service
from gateway.models.listing import Closure, Dataset
from gateway.referral_links import CARD
from tests.console.test_referral_pages import link, told, utc

__all__ = ["link", "told"]  # pytest finds fixtures by their names
pytestmark = pytest.mark.slow

FIRST = {language: texts.say("card_call_first", language) for language in ("en", "es")}


@pytest.fixture
def key(database: Database, told: Callable[..., int]) -> tuple[int, str, str]:
    """A referral, and the dataset and id of its service."""
    number = told()
    with database.begin() as session:
        dataset, _, service = session.get_one(Referral, number).service_id.partition(":")
    return number, dataset, service


def pages(client: FlaskClient, token: str, language: str) -> list[str]:
    there = f"/card/{token}"
    return [client.get(f"{there}{kind}?language={language}").text for kind in ("", "/aloud.txt")]


def test_ordinary_hours_are_told_without_a_warning(
    client: FlaskClient, key: tuple[int, str, str], link: Callable[..., str]
) -> None:
    for page in pages(client, link(key[0], CARD), "en"):
        assert FIRST["en"] not in page
        assert texts.say("card_hours", "en") in page


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_closed_service_is_to_be_called_first(
    client: FlaskClient, database: Database, key: tuple[int, str, str], link: Callable[..., str], language: str
) -> None:
    number, dataset, service = key
    with database.begin() as session:
        session.add(Closure(dataset=dataset, service_id=service, from_at=utc(), reason="weather", at=utc()))
    printed, spoken = pages(client, link(number, CARD), language)
    assert FIRST[language] in printed
    assert FIRST[language] in spoken
    assert f"{texts.say('card_hours', language)}:" not in spoken


def test_hours_that_nobody_checked_for_long_are_not_told(
    client: FlaskClient, database: Database, key: tuple[int, str, str], link: Callable[..., str]
) -> None:
    number, dataset, service = key
    with database.begin() as session:
        mine = (Service.dataset == dataset, Service.id == service)
        session.execute(
            update(Service).where(*mine).values(assured_date=utc().date().replace(year=2020, month=1, day=1))
        )
        session.execute(update(Dataset).where(Dataset.name == dataset).values(as_of=None))
        assert session.scalar(select(Service.status).where(*mine)) == "active"
    for page in pages(client, link(number, CARD), "en"):
        assert FIRST["en"] in page
