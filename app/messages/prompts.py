"""Prompts in the log: for debugging, and only where LOG_PROMPTS says so."""

import structlog

from app.messages.cutting import Body

_MOST = 16 << 10  # bytes of a body
log = structlog.get_logger(__name__)


def log_prompt(request_id: str, body: Body) -> None:
    """Log the beginning of a request's body, as it came, in one line.

    No character of a client's moves a terminal's cursor or begins another line.
    """
    text = bytes(body[:_MOST]).decode("utf-8", "replace")
    shown = "".join(each if each.isprintable() else " " for each in text)
    log.info("prompt", request_id=request_id, bytes=len(body), body=shown)
