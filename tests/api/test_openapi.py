"""The served description is true: the same routes, the same parameters, and answers that fit, whatever is asked."""

import copy

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from openapi_spec_validator import validate

from gateway.web import api
from tests.api.conftest import SHELTER

pytestmark = pytest.mark.slow  # asks some five hundred questions


with_ids = copy.deepcopy(api.described())
with_ids["paths"]["/api/services/{id}"]["get"]["parameters"][0]["examples"] = {"shelter": {"value": SHELTER}}
described = schemathesis.openapi.from_dict(with_ids)


@described.parametrize()
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_asked_the_answer_is_one_that_is_described(case: schemathesis.Case, app: Flask) -> None:
    case.call_and_validate(app=app)  # in this process: nothing goes over a network


def test_it_is_valid_openapi() -> None:
    validate(api.described())


def test_every_route_is_described_and_every_description_has_a_route(app: Flask) -> None:
    routes = {
        rule.rule.replace("<identity>", "{id}") for rule in app.url_map.iter_rules() if rule.rule.startswith("/api")
    }
    assert routes == set(api.described()["paths"])


def test_every_parameter_is_described_and_read() -> None:
    listed = api.described()["paths"]["/api/services"]["get"]["parameters"]
    assert {parameter["name"] for parameter in listed} == set(api.READ)
