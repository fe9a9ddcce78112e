"""One smallest real request, and what it costs."""

import json
from collections.abc import Iterator
from dataclasses import replace

from app.commands.doctor.finding import Case, Finding, Name, bad, ok
from app.commands.local import ask
from app.messages.models import models_known
from app.messages.outcome import error_of
from app.pool.outcome import Outcome

_PROMPT = "Say OK."
_SECONDS = 60.0


def examine_request(case: Case) -> Iterator[Finding]:
    """Ask the cheapest model for a word, by a CLI that is started for it here."""
    models = models_known(case.settings.models, ())
    model = next((each for each in models if "haiku" in each), models[-1])
    body = {
        "model": model,
        "max_tokens": 16,
        "messages": [{"role": "user", "content": _PROMPT}],
    }
    quick = replace(
        case.settings,
        log_level="ERROR",
        queue_timeout=_SECONDS,
        first_event_timeout=_SECONDS,
        total_timeout=_SECONDS,
        pool_spares=0,
    )
    yield _finding(ask(quick, json.dumps(body).encode()))


def _finding(outcome: Outcome) -> Finding:
    name, model = Name.REQUEST, outcome.model
    if outcome.ended is None:
        seen = f"not sent to {model}: {outcome.refusal}"
        return bad(name, seen, "The lines above say what is wrong with the CLI.")
    if error := error_of(outcome.ended, outcome.limit):
        seen = f"{model}: {error.known_type} {error.status}: {error.message}"
        remedy = "See what it says; codes are in docs/health.md."
        return bad(name, seen, remedy)
    used = outcome.usage
    into = used.input_tokens + used.cache_creation_input_tokens
    into += used.cache_read_input_tokens
    price = "its price is not told" if outcome.cost is None else f"${outcome.cost:.6f}"
    return ok(
        name,
        f"{model} answered in {outcome.seconds:.1f} s: {into} tokens in,"
        f" {used.output_tokens} out, {price} at list prices",
    )
