"""A real Prometheus that scrapes services every second."""

import json
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from tests.support.ports import free_port
from tests.support.processes import ROOT, Service

RULES = ROOT / "deploy/prometheus/rules.yml"


class Prometheus:
    """It scrapes for as long as the block lasts, and goes by the rules given."""

    def __init__(self, folder: Path, *services: Service, rules: Path = RULES) -> None:
        """Keep the configuration, the data and the log in ``folder``."""
        targets = [each.url.removeprefix("http://") for each in services]
        scrape = {"job_name": "claude-proxy", "static_configs": [{"targets": targets}]}
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(rules)],
            "scrape_configs": [scrape],
        }
        (folder / "prometheus.yml").write_text(json.dumps(config))
        address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{address}"
        self._log = folder / "prometheus.log"
        self._command = [
            "prometheus",
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={address}",
        ]

    def __enter__(self) -> Self:
        """Begin."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command, stderr=log, env=dict(os.environ)
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(20)

    def get(self, path: str, **parameters: Any) -> Any:
        """Return the data of one answer of its API."""
        url = f"{self.url}/api/v1/{path}"
        answer = requests.get(url, params=parameters, timeout=10).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def value(self, query: str) -> float | None:
        """Return the value of a query's first series now; None while there is none."""
        try:
            return float(self.get("query", query=query)["result"][0]["value"][1])
        except (requests.RequestException, LookupError):
            return None
