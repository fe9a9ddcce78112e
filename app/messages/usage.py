"""What has been used, as ``GET /v1/usage`` writes it."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from app.callers.ledger import KEPT_DAYS, Ledger
from app.database import DatabaseError
from app.messages.errors import ApiError, bad_request
from app.messages.schemas import UsageSchema

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_schema = UsageSchema()


def list_usage(
    ledger: Ledger, query: Mapping[str, str], caller: str | None
) -> dict[str, Any]:
    """Return what was used since a day, by whom; ``caller``: its own alone.

    Raises:
        ApiError: ``since`` is no day, or what was used cannot be read now.
    """
    since = _since(query) or ledger.today() - timedelta(days=KEPT_DAYS - 1)
    try:
        lines = ledger.lines(since, caller)
    except DatabaseError as error:
        raise ApiError(503, f"The usage cannot be read: {error}.") from None
    rows = [{"day": x.day, "caller": x.caller, **asdict(x.tally)} for x in lines]
    body: dict[str, Any] = _schema.dump({"since": since.isoformat(), "data": rows})
    return body


def _since(query: Mapping[str, str]) -> date | None:
    if not (said := query.get("since")):
        return None
    try:
        if _DAY.fullmatch(said):
            return date.fromisoformat(said)
    except ValueError:  # no such day in that month
        pass
    raise bad_request("since: a day is expected, as YYYY-MM-DD")
