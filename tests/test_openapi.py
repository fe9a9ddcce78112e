"""The description fits the endpoints there are, and the checks against it can fail."""

import pytest
from jsonschema import ValidationError

from app.openapi import describe
from tests.described import validator


def test_every_endpoint_is_described(app):
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    assert set(describe()["paths"]) == rules


def test_it_is_served(client):
    assert client.get("/openapi.json").json["openapi"] == "3.1.0"


def test_every_reference_leads_somewhere():
    document = describe()
    names = set(document["components"]["schemas"])
    used = set(str(document).replace("#/components/schemas/", "§").split("§")[1:])
    assert {word.partition("'")[0] for word in used} <= names


def test_a_body_with_an_unknown_field_is_refused():
    body = {"status": "healthy", "service": "x", "timestamp": "t", "version": "1"}
    healthy = validator({"$ref": "#/components/schemas/Healthy"})
    healthy.validate(body)
    with pytest.raises(ValidationError):
        healthy.validate(body | {"path": "/secret"})


def test_an_undescribed_answer_fails(app):
    app.add_url_rule("/new", view_func=lambda: "text")
    with pytest.raises(AssertionError, match="not described"):
        app.test_client().get("/new")
