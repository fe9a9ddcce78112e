"""What others use for a health endpoint, each set up as its own README has it.

``PEER`` in the environment says which one ``app`` is; only that one is imported.
"""

import os
from typing import Any

from flask import Flask


def healthz() -> Any:
    """Make a Flask app with flask-healthz."""
    from flask_healthz import Healthz

    made = Flask(__name__)
    made.config["HEALTHZ"] = {"live": lambda: None}
    Healthz(made)
    return made


def healthcheck() -> Any:
    """Make a Flask app with py-healthcheck."""
    from healthcheck import HealthCheck

    made = Flask(__name__)
    check = HealthCheck(checkers=[lambda: (True, "ok")])
    made.add_url_rule("/health", "health", view_func=check.run)
    return made


def dockerflow() -> Any:
    """Make a Flask app with dockerflow."""
    from dockerflow.flask import Dockerflow

    made = Flask(__name__)
    Dockerflow(made)
    return made


def fastapi() -> Any:
    """Make a FastAPI app that returns constant JSON."""
    from fastapi import FastAPI

    async def health() -> dict[str, str]:
        return {"status": "healthy"}

    made = FastAPI()
    made.add_api_route("/health", health)
    return made


PATHS = {"healthz": "/healthz/live", "healthcheck": "/health"}
PATHS |= {"dockerflow": "/__lbheartbeat__", "fastapi": "/health"}
app = globals()[os.environ["PEER"]]() if "PEER" in os.environ else None
