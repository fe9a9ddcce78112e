"""The description fits the endpoints there are, and the checks against it can fail."""

import pytest
from flask import jsonify
from jsonschema import Draft202012Validator, ValidationError

from app.runtime import VERSION
from tests.support.described import description, validator

TEMPLATE = str.maketrans("<>", "{}")


def test_every_endpoint_is_described(app):
    rules = {rule.rule.translate(TEMPLATE) for rule in app.url_map.iter_rules()}
    assert set(description()["paths"]) == rules


def test_it_is_served(client):
    assert client.get("/openapi.json").json["openapi"] == "3.1.0"


def test_every_reference_leads_somewhere():
    document = description()
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


@pytest.mark.parametrize("name", description()["components"]["schemas"])
def test_every_schema_is_one_and_lets_nothing_undescribed_through(name):
    schema = description()["components"]["schemas"][name]
    Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("path", description()["paths"])
def test_every_operation_has_a_summary_and_a_default_answer(path):
    operations = description()["paths"][path]
    assert set(operations) in ({"get", "head"}, {"post"})
    assert all(each["summary"] for each in operations.values())
    assert all("default" in each["responses"] for each in operations.values())


def test_every_answer_is_explained():
    answers = [
        answer
        for operations in description()["paths"].values()
        for operation in operations.values()
        for answer in operation["responses"].values()
    ]
    assert all(answer["description"] and answer["content"] for answer in answers)


def test_it_has_a_title_and_the_proxys_version():
    info = description()["info"]
    assert info["title"]
    assert info["version"] == VERSION


@pytest.mark.parametrize(
    "body",
    [
        {"status": "healthy"},
        {"status": "fine", "service": "x", "timestamp": "t", "version": "1"},
        ["healthy"],
    ],
)
def test_an_answer_with_a_wrong_body_fails(app, body):
    app.view_functions["health.live"] = lambda: jsonify(body)
    with pytest.raises(ValidationError):
        app.test_client().get("/health/live")


def test_an_answer_with_an_undescribed_status_fails(app, client):
    body = client.get("/health/live").json
    app.view_functions["health.live"] = lambda: (body, 202)
    with pytest.raises(ValidationError):
        client.get("/health/live")


def test_an_answer_that_is_no_json_fails(app):
    app.view_functions["health.live"] = lambda: "healthy"
    with pytest.raises(AssertionError):
        app.test_client().get("/health/live")


def test_a_client_knows_where_to_send_what_it_calls():
    document = description()
    assert document["servers"] == [{"url": "/"}]
    ids = {
        path: [operation["operationId"] for operation in operations.values()]
        for path, operations in document["paths"].items()
    }
    assert ids["/health/detailed"] == ["getHealthDetailed", "headHealthDetailed"]
    assert ids["/openapi.json"] == ["getOpenapiJson", "headOpenapiJson"]
    assert len({each for some in ids.values() for each in some}) == sum(
        map(len, ids.values())
    )


def test_the_key_is_a_way_to_see_more_and_never_needed():
    document = description()
    schemes = document["components"]["securitySchemes"]
    more = {
        path: operation["security"]
        for path, operations in document["paths"].items()
        for operation in operations.values()
        if "security" in operation
    }
    assert schemes["x-api-key"]["in"] == "header"
    assert schemes["bearer"]["scheme"] == "bearer"
    keyed = {path for path in more if not path.startswith("/v1/")}
    assert keyed == {"/", "/health", "/health/detailed", "/metrics"}
    assert all(
        ways == [{}, {"bearer": []}, {"x-api-key": []}] for ways in more.values()
    )


def test_metrics_are_described_only_where_they_are(fake_claude, make_app):
    app = make_app(METRICS_ENABLED="false")
    rules = {rule.rule.translate(TEMPLATE) for rule in app.url_map.iter_rules()}
    assert set(app.test_client().get("/openapi.json").json["paths"]) == rules
