"""A card says which papers to bring: who reads it has no other list."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from gateway.db import Database
from gateway.referral_links import CARD
from tests.console.test_referral_pages import link, told

__all__ = ["link", "told"]  # pytest finds fixtures by their names
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_card_says_what_to_bring(
    client: FlaskClient, database: Database, told: Callable[..., int], link: Callable[..., str], language: str
) -> None:
    number = told()
    with database.begin() as session:
        service = session.scalar(text("SELECT service_id FROM referrals WHERE id = :id"), {"id": number})
        dataset, _, key = str(service).partition(":")
        values = {"dataset": dataset, "key": key}
        session.execute(text("DELETE FROM required_document WHERE (dataset, service_id) = (:dataset, :key)"), values)
        session.execute(
            text(
                "INSERT INTO required_document (dataset, id, service_id, document)"
                " VALUES (:dataset, 'paper', :key, 'A lease or a bill')"
            ),
            values,
        )
    token = link(number, CARD)
    assert "A lease or a bill" in client.get(f"/card/{token}?language={language}").text
    assert "A lease or a bill" in client.get(f"/card/{token}/aloud.txt?language={language}").text
