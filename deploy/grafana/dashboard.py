"""Print the dashboard as Grafana reads it; `make dashboard` keeps it in dashboard.json.

A panel's number is what an alert's `__panelId__` names: it stays when the panel moves.
"""

import json
import sys

from grafana_foundation_sdk.builders.dashboard import (
    Dashboard,
    DatasourceVariable,
    QueryVariable,
    Row,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    VariableOption,
    VariableRefresh,
    VariableSort,
)
from health import HEALTH, NOW, PROCESSES
from panels import SOURCE
from traffic import MODEL, POOL, QUOTA, REQUESTS

_ROWS = {
    "Now": NOW,
    "Health": HEALTH,
    "Requests": REQUESTS,
    "The model's answers": MODEL,
    "Quota": QUOTA,
    "Pool": POOL,
    "Processes": PROCESSES,
}


def dashboard() -> Dashboard:
    """Return the dashboard: its variables, then row by row."""
    made = Dashboard("Claude Code Proxy").uid("claude-proxy").tags(["claude-proxy"])
    made.editable().time("now-6h", "now").refresh("30s").timezone("browser")
    made.tooltip(DashboardCursorSync.CROSSHAIR)
    made.with_variable(DatasourceVariable("datasource").type("prometheus"))
    # A service that is down has no metric of its own any more, but `up`.
    for name, values in {
        "job": "label_values(claude_proxy_component_healthy, job)",
        "instance": 'label_values(up{job=~"$job"}, instance)',
    }.items():
        made.with_variable(_chosen(name, values))
    for number, (title, panels) in enumerate(_ROWS.items(), 1):
        made.with_row(Row(title).id(number))
        for panel in panels:
            made.with_panel(panel)
    return made


def _chosen(name: str, values: str) -> QueryVariable:
    """Return a variable of which one, several or all values can be chosen."""
    every = VariableOption(text=["All"], value=["$__all"])
    variable = QueryVariable(name).datasource(SOURCE).query(values)
    variable.multi(True).include_all(True).current(every)
    return variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(
        VariableSort.ALPHABETICAL_ASC
    )


if __name__ == "__main__":
    text = json.dumps(dashboard().build(), cls=JSONEncoder, indent=1)
    sys.stdout.write(f"{text}\n")
