"""The reasons for a rank add up to it and are told with the service."""

from datetime import datetime

from sqlalchemy.orm import Session

from gateway.directory import demo, ranking
from gateway.directory.search import search
from gateway.directory.wanted import Wanted


def test_the_order_is_that_of_the_reasons(session: Session, now: datetime) -> None:
    demo.load_demo(session, now)
    found = search(session, Wanted(needs=("food",), zip="94110"), now, limit=20)
    costs = [sum(reason.cost for reason in service.why) for service in found.services]
    assert len(costs) > 3
    assert costs == sorted(costs)
    names = {name for name, *_ in ranking.TERMS}
    for service in found.services:
        assert {reason.name for reason in service.why} <= names
        [way] = [reason.cost for reason in service.why if reason.name == "way"] or [0.0]
        assert service.distance_miles is None or round(way, 1) == service.distance_miles
        assert service.need == "food"


def test_a_second_need_is_told_as_the_one_that_is_met(session: Session, now: datetime) -> None:
    demo.load_demo(session, now)
    found = search(session, Wanted(needs=("pets", "food"), zip="94110"), now, limit=20)
    assert {service.need for service in found.services} == {"pets", "food"}
