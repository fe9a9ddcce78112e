"""What one answer has said so far, and whether the CLI would ask again; pure.

Left alone, the CLI sends a second request after an answer that was cut off, that shows
nothing to a reader, or that says ``tool_use`` and has none (measured on 2.1.330), and
it closes a broken stream as if it were a good one.
"""

import re
from enum import StrEnum

from app.pool.events import (
    Ended,
    Kind,
    Line,
    RateLimit,
    Reply,
    Result,
    StreamEvent,
)
from app.pool.parsing import shows, stop_reason

_NO_MORE = frozenset({"end_turn", "stop_sequence", "pause_turn"})
_STOP = StreamEvent(b'{"type":"message_stop"}', "message_stop")
_UPSTREAMS_WORDS = re.compile(
    r"(?:Failed to authenticate\. )?API Error: "
    r"(?:\d{3} |Request rejected \(\d{3}\) · )?(?P<words>.*?)"
    r"(?: ?This is a server-side issue, .*)?",
    re.DOTALL,
)


class State(StrEnum):
    """How far an answer is."""

    SENT = "sent"
    BEGUN = "begun"
    BROKEN = "broken"
    COMPLETE = "complete"
    OVER = "over"


class Answer:
    """One answer as it comes; ``asks_again``: end the process now, before it does."""

    def __init__(self) -> None:
        """Begin where the request has been sent."""
        self.state = State.SENT
        self.asks_again = False
        self._shown: set[str] = set()
        self._reason: str | None = None
        self._reply = Reply()

    def take(self, line: Line) -> list[StreamEvent | RateLimit | Ended]:
        """Take the next line and return what the caller is to hear of it."""
        if isinstance(line, StreamEvent):
            return self._event(line)
        if isinstance(line, RateLimit):
            return [line]
        if isinstance(line, Reply):
            self._reply = line
        if isinstance(line, Result):
            self.state = State.OVER
            return [self._failed(line)]
        return []

    def _event(self, event: StreamEvent) -> list[StreamEvent | RateLimit | Ended]:
        if event.type == "message_delta":
            return self._delta(event)
        if event.type == "message_stop":
            return self._stop(event)
        if event.type == "error":  # its words come again with the result
            return []
        if self.state is State.SENT:
            self.state = State.BEGUN
        self._note(event)
        return [event]

    def _note(self, event: StreamEvent) -> None:
        if event.type == "content_block_start" or not self._shown:
            shown = shows(event)
            self._shown |= {shown} if shown else set()

    def _delta(self, event: StreamEvent) -> list[StreamEvent | RateLimit | Ended]:
        self._reason = stop_reason(event)
        if self._reason is None:  # held back: the result says what happened
            self.state = State.BROKEN
            return []
        self.state = State.COMPLETE
        if not self._is_content(self._reason):
            self.asks_again, self.state = True, State.OVER
            return [event, _STOP, self._good()]
        return [event]

    def _is_content(self, reason: str) -> bool:
        """Tell whether the CLI takes this for an answer and asks for no other."""
        if reason == "tool_use":
            return "tool_use" in self._shown
        return reason in _NO_MORE and bool(self._shown)

    def _stop(self, event: StreamEvent) -> list[StreamEvent | RateLimit | Ended]:
        if self.state is not State.COMPLETE:
            return []
        self.state = State.OVER
        return [event, self._good()]

    def _good(self) -> Ended:
        id_ = self._reply.request_id
        return Ended(Kind.GOOD, request_id=id_, stop_reason=self._reason)

    def _failed(self, result: Result) -> Ended:
        said = result.result
        found = _UPSTREAMS_WORDS.fullmatch(said or "")
        answered = result.api_error_status is not None
        return Ended(
            self._kind(result),
            result.api_error_status,
            result.api_error_type if answered else result.api_error,
            found["words"] if found and result.api_error_status else None,
            said,
            self._reply.request_id,
        )

    def _kind(self, result: Result) -> Kind:
        if result.api_error_status is not None:
            return Kind.UPSTREAM_ERROR
        if self._reply.error == "authentication_failed":
            return Kind.NOT_LOGGED_IN
        return Kind.NETWORK
