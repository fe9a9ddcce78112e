"""The dashboard is what its Python file says, what Grafana reads, what alerts mean."""

import itertools
import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from tests.support.grafana import DASHBOARD, panels, queries, read_dashboard
from tests.support.processes import ROOT
from tests.support.prometheus import RULES

SCHEMAS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "grafana/schemas.json").read_text()
)
LIMIT = re.compile(r"(==|<|>=|>) ([\d.]+)(?: \* (\d+))?")
ALERTS = [
    rule
    for group in yaml.safe_load(RULES.read_text())["groups"]
    for rule in group["rules"]
    if "alert" in rule
]


def errors(value: Any, schema: str, definition: str) -> list[str]:
    whole = SCHEMAS[schema] | {"$ref": f"#/definitions/{definition}"}
    found = Draft7Validator(whole).iter_errors(value)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]


def bare(query: str) -> str:
    """Return a query without its choice of instances, and without spaces."""
    without = re.sub(r'(job|instance)=~?"[^"]*"(, *)?', "", query)
    return re.sub(r"\s|\{\}", "", without)


def test_the_file_is_what_its_python_file_makes():
    command = [sys.executable, str(ROOT / "deploy/grafana/dashboard.py")]
    made = subprocess.run(command, capture_output=True, text=True)
    assert made.stdout == DASHBOARD.read_text(), f"make dashboard {made.stderr}"


def test_it_fits_grafanas_own_schemas():
    assert errors(read_dashboard(), "dashboard", "Dashboard") == []
    for panel in panels().values():
        schema = panel["type"].replace("-", "")
        assert errors(panel["options"], schema, "Options") == []
        drawn = panel["fieldConfig"]["defaults"].get("custom", {})
        assert schema == "stat" or errors(drawn, schema, "FieldConfig") == []
        for target in panel["targets"]:
            assert errors(target, "prometheus", "dataquery") == []


def test_the_schemas_would_show_a_mistake():
    wrong = read_dashboard() | {"graphTooltip": 7, "panel": []}
    assert len(errors(wrong, "dashboard", "Dashboard")) == 2


def test_every_metric_has_a_panel():
    documented = (ROOT / "docs/metrics.md").read_text()
    names = re.findall(r"`((?:claude_proxy|process)_\w+)`", documented)
    asked = " ".join(query for panel in panels().values() for query in queries(panel))
    assert len(names) > 25
    assert [name for name in names if name not in asked] == []


def test_no_two_panels_lie_on_one_another():
    placed = [panel["gridPos"] for panel in read_dashboard()["panels"]]
    assert all(at["x"] + at["w"] <= 24 for at in placed)
    fields = [
        field
        for at in placed
        for field in itertools.product(
            range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])
        )
    ]
    assert len(fields) == len(set(fields))


def test_no_two_panels_have_one_number():
    numbers = [panel["id"] for panel in read_dashboard()["panels"]]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: str(rule["alert"]))
def test_an_alert_leads_to_the_panel_that_asks_what_it_asks(rule):
    notes = rule["annotations"]
    assert notes["__dashboardUid__"] == read_dashboard()["uid"]
    panel = panels()[int(notes["__panelId__"])]
    assert panel["description"].endswith(f"Alert: {rule['alert']}.")
    (query,) = queries(panel)
    assert bare(query) in bare(LIMIT.sub("", rule["expr"], count=1))


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: str(rule["alert"]))
def test_a_panels_line_lies_where_its_alert_begins(rule):
    panel = panels()[int(rule["annotations"]["__panelId__"])]
    first, second = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    found = LIMIT.search(rule["expr"])
    assert found
    limit = math.prod(float(number) for number in found.groups("1")[1:])
    colours = [first["color"], second["color"]]
    assert (colours == ["red", "green"]) is (found[1] in ("==", "<"))
    assert second["value"] == (limit + 1 if found[1] == "==" else limit)


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: str(rule["alert"]))
def test_an_alert_names_its_section_of_the_runbook(rule):
    section = rule["alert"].lower()
    assert rule["annotations"]["runbook_url"] == f"docs/operations.md#{section}"


def test_no_panel_shows_the_limit_of_an_alert_that_leads_elsewhere():
    led = {int(rule["annotations"]["__panelId__"]) for rule in ALERTS}
    limited = {
        number
        for number, panel in panels().items()
        if len(panel["fieldConfig"]["defaults"]["thresholds"]["steps"]) > 1
    }
    assert limited == led
