"""The one body of what is wrong, whoever writes it: a view, an error, the raw socket.

The contract's ``status``, ``service``, ``timestamp``, ``error`` and ``details``, which
carry a stable code and a remedy (the idea of RFC 9457 in the contract's shape).
"""

from datetime import UTC, datetime
from typing import Any

from marshmallow import fields
from marshmallow.validate import OneOf

from app.contract.codes import MEANINGS, Code
from app.contract.fields import Moment, OmitEmpty, about, status_of


class ServiceSchema(OmitEmpty):
    """What every answer about health begins with."""

    optional = ("error", "details", "version", "warnings")
    status = status_of("healthy", "unhealthy", "error")
    service = fields.Constant("claude-proxy", metadata={"type": "string"})
    timestamp = Moment(required=True)


class DetailsSchema(OmitEmpty):
    """What is wrong and what to do; to a trusted caller also the particulars."""

    searched_paths = fields.List(fields.String())
    claude_cli_status = fields.String(validate=OneOf(["not_authenticated"]))
    port = fields.Integer()
    host = fields.String()
    code = fields.String(required=True, metadata=about("Stable code of the problem."))
    remedy = fields.String(required=True, metadata=about("What to do about it."))
    request_id = fields.String()


class ProblemSchema(ServiceSchema):
    """Any answer that says what is wrong: ``GET /health`` unwell, and every error."""

    error = fields.String(required=True, metadata=about("What is wrong."))
    details = fields.Nested(DetailsSchema, required=True)


_schema = ProblemSchema()


def problem(
    code: Code,
    /,
    *,
    error: str | None = None,
    at: datetime | None = None,
    **details: Any,
) -> dict[str, Any]:
    """Return the body that says what is wrong, ready for JSON.

    ``error`` is a sentence of this very case in place of the code's own, ``at`` when it
    was so (UTC; now, unless given); ``details`` are fields of ``DetailsSchema``.
    """
    meaning = MEANINGS[code]
    body: dict[str, Any] = _schema.dump(
        {
            "status": meaning.status,
            "timestamp": at or datetime.now(UTC),
            "error": error or meaning.error,
            "details": {"code": code.value, "remedy": meaning.remedy, **details},
        }
    )
    return body
