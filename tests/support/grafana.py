"""The dashboard as Grafana would ask it; Grafana itself is not to be had here."""

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from tests.support.processes import ROOT
from tests.support.prometheus import Prometheus

DASHBOARD = ROOT / "deploy/grafana/dashboard.json"
_SPECIAL = re.compile(r"[\\^$.*+?()\[\]{}|]")


def read_dashboard() -> dict[str, Any]:
    """Return dashboard.json."""
    read: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return read


def panels() -> dict[int, dict[str, Any]]:
    """Return each panel that shows something, by its number."""
    found = read_dashboard()["panels"]
    return {panel["id"]: panel for panel in found if panel["type"] != "row"}


def queries(panel: dict[str, Any]) -> list[str]:
    """Return what a panel asks, its variables in it."""
    return [target["expr"] for target in panel["targets"]]


@dataclass(frozen=True)
class Grafana:
    """What Grafana does with the dashboard from ``start`` to ``end`` (Unix time).

    The data source's scrape interval, Grafana's least step, is Prometheus's second.
    """

    prometheus: Prometheus
    start: float
    end: float

    def choices(self, name: str, **chosen: list[str]) -> list[str]:
        """Return what can be chosen for a variable, and all of it is."""
        variables = read_dashboard()["templating"]["list"]
        (query,) = (each["query"] for each in variables if each["name"] == name)
        asked = re.fullmatch(r"label_values\((.*), (\w+)\)", query)
        assert asked
        match = self.filled(asked[1], **chosen)
        times = {"start": self.start, "end": self.end}
        path = f"label/{asked[2]}/values"
        found: list[str] = self.prometheus.get(path, **{"match[]": match}, **times)
        return found

    def filled(self, query: str, **chosen: list[str]) -> str:
        """Put in what is chosen, as Grafana does for Prometheus, and the windows."""
        for name, values in chosen.items():
            words = [_SPECIAL.sub(r"\\\\\g<0>", value) for value in values]
            one = words[0] if len(words) == 1 else f"({'|'.join(words)})"
            query = query.replace(f"${name}", one)
        # The larger of four scrapes, and a step and a scrape.
        return query.replace("$__rate_interval", "4s")

    def series(self, query: str) -> int:
        """Return how many series a query draws: with at least one number in each."""
        jobs = self.choices("job")
        chosen = {"job": jobs, "instance": self.choices("instance", job=jobs)}
        asked = self.filled(query, **chosen)
        assert "$" not in asked, asked
        times = {"start": self.start, "end": self.end, "step": 1}
        found = self.prometheus.get("query_range", query=asked, **times)["result"]
        return sum(
            any(math.isfinite(float(value)) for _, value in one["values"])
            for one in found
        )
