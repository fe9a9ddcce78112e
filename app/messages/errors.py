"""What went wrong, in the Messages API's own shape, status and words.

An error of the upstream keeps its meaning; one of our own is a 503 whose message has
the stable code and the remedy of ``/health``. Being full is 529 ``overloaded_error``:
it is what the API itself says then, so its SDKs and Claude Code wait and come back; 429
would tell a client that its own quota is used up, and a person to buy more.
"""

import json
from dataclasses import dataclass
from math import ceil

from app.contract.codes import MEANINGS, Code

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_LONGEST_WAIT = 60  # seconds; SDKs do not wait longer, but try again at once
_AGAIN = frozenset({408, 429, 500, 502, 503, 504, 529})


@dataclass(slots=True)
class ApiError(Exception):
    """An answer that is an error; ``retry_after`` in seconds, None where not known.

    ``code`` is our own where the fault is ours, for the log and the metrics;
    ``again`` says whether asking again can help, None: the status tells.
    """

    status: int
    message: str
    type: str | None = None
    code: str | None = None
    retry_after: float | None = None
    again: bool | None = None

    @property
    def known_type(self) -> str:
        """The type that goes with the status: never an upstream's free word."""
        return _TYPES.get(self.status, "api_error")

    def text(self, request_id: str) -> bytes:
        """Return the error as JSON, for an answer or an event of a stream."""
        error = {"type": self.type or self.known_type, "message": self.message}
        body = {"type": "error", "error": error, "request_id": request_id}
        return json.dumps(body).encode()

    def headers(self) -> dict[str, str]:
        """Return what tells a client whether and when to come back."""
        soon = self.retry_after is None or self.retry_after <= _LONGEST_WAIT
        helps = self.status in _AGAIN if self.again is None else self.again
        headers = {"x-should-retry": "true" if helps and soon else "false"}
        if self.retry_after is not None:
            headers["Retry-After"] = str(max(1, ceil(self.retry_after)))
        return headers


def bad_request(message: str) -> ApiError:
    """Say what is wrong with the request, and where."""
    return ApiError(400, message)


def too_large(limit: int) -> ApiError:
    """Refuse a body for its size."""
    return ApiError(413, f"The body is larger than {limit:,} bytes.")


def overloaded() -> ApiError:
    """Ask to come back: every place and the queue are taken."""
    return ApiError(529, "overloaded: All places are taken.", retry_after=1.0)


def revoked() -> ApiError:
    """Refuse who had a key when the request began."""
    return ApiError(401, "The key was revoked.", code="revoked")


def over_limit(sentence: str, seconds: float) -> ApiError:
    """Ask a caller that has used up its own share to come back then."""
    return ApiError(429, sentence, code="over_limit", retry_after=seconds)


def ours(code: Code, *, status: int = 503, again: bool = False) -> ApiError:
    """Say in the words of ``/health`` what is wrong here, and what to do about it."""
    meaning = MEANINGS[code]
    message = f"{code.value}: {meaning.error}. {meaning.remedy}"
    return ApiError(status, message, code=code.value, again=again)
