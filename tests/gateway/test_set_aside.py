"""What screening told of a message is kept with it: of whom, of when, and what it held not to be meant."""

from alembic import command
from sqlalchemy import text

from gateway import schema
from gateway.db import Database
from gateway.models import Assessment
from tests import demo_town
from tests.conftest import Phone
from tests.gateway.road import rows

COLUMN = "SELECT set_aside FROM assessments"


def test_an_assessment_keeps_of_whom_and_of_when_it_tells(phone: Phone, database: Database) -> None:
    phone.text("mi hermano se quiere matar ahorita")
    [assessment] = rows(database, Assessment)
    assert (assessment.findings[0]["who"], assessment.findings[0]["when"]) == ("other", "now")
    assert assessment.set_aside == []


def test_an_assessment_keeps_what_was_set_aside_as_typed(phone: Phone, database: Database) -> None:
    said = "\u00a1No me quiero MORIR!"
    phone.text(said)
    [assessment] = rows(database, Assessment)
    assert assessment.level == "none"
    denied = [each for each in assessment.set_aside if each["verdict"] == "denied"]
    assert denied
    assert all(said[each["start"] : each["end"]] == each["words"] for each in denied)
    assert {each["card_id"] for each in denied} >= {"suicide.direct"}


def test_rows_of_before_have_nothing_set_aside_and_the_step_can_be_taken_back(phone: Phone, database: Database) -> None:
    phone.text("no me quiero morir")
    with database.engine.connect() as connection, connection.begin() as step:
        demo_town.forget(connection)
        config = schema._config(connection)
        command.downgrade(config, "0004")
        columns = text("SELECT column_name FROM information_schema.columns WHERE table_name = 'assessments'")
        assert "set_aside" not in set(connection.scalars(columns))
        command.upgrade(config, "0005")
        assert connection.scalars(text(COLUMN)).all() == [[]]
        step.rollback()
    with database.engine.connect() as connection:
        assert connection.scalars(text(COLUMN)).all() != [[]]
