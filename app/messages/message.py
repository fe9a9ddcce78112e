"""Puts the events of a stream together to the message that they tell of."""

import json
from typing import Any

import msgspec


class Message:
    """The API's message object, as far as its events have come.

    A kind of delta that nobody knows yet is carried, too: its texts and lists are
    appended, anything else takes the place of what was there. ``cut_off`` is what there
    is of a tool's input that is no JSON, by its block.
    """

    def __init__(self) -> None:
        self._message: dict[str, Any] = {"content": []}
        self._inputs: dict[int, list[str]] = {}
        self.cut_off: dict[int, str] = {}

    def take(self, raw: bytes) -> None:
        """Take the next event, in JSON."""
        event = json.loads(raw)
        if event["type"] == "message_start":
            self._message = event["message"]
        elif event["type"] == "content_block_start":
            self._message["content"].append(event["content_block"])
        elif event["type"] == "content_block_delta":
            self._take_delta(event["index"], event["delta"])
        elif event["type"] == "content_block_stop":
            self._end_block(event["index"])
        elif event["type"] == "message_delta":
            self._end(event)

    @property
    def fields(self) -> dict[str, Any]:
        """Return the message object; a tool's ``input`` may be raw JSON."""
        return self._message

    def json(self) -> bytes:
        """Return the message as JSON."""
        try:
            return msgspec.json.encode(self._message)
        except UnicodeEncodeError:  # the halves of a character in two deltas
            return msgspec.json.encode(_joined(self._message))

    def _take_delta(self, index: int, delta: dict[str, Any]) -> None:
        block = self._message["content"][index]
        if delta["type"] == "input_json_delta":
            self._inputs.setdefault(index, []).append(delta["partial_json"])
        elif delta["type"] == "citations_delta":
            block["citations"] = [*(block.get("citations") or ()), delta["citation"]]
        else:
            for name, value in delta.items():
                if name != "type":
                    block[name] = _appended(block.get(name), value)

    def _end_block(self, index: int) -> None:
        """Put the input of a tool in as the model wrote it, if it is JSON."""
        written = _joined("".join(self._inputs.pop(index, ())))
        if not written:
            return
        try:
            value = msgspec.json.decode(written, type=msgspec.Raw)
        except msgspec.DecodeError:
            # By max_tokens: what came first stays, {}.
            self.cut_off[index] = written
            return
        self._message["content"][index]["input"] = value

    def _end(self, event: dict[str, Any]) -> None:
        usage = event.get("usage") or {}
        known = {name: value for name, value in usage.items() if value is not None}
        self._message["usage"] = (self._message.get("usage") or {}) | known
        rest = {n: v for n, v in event.items() if n not in ("type", "usage", "delta")}
        self._message |= rest | event["delta"]


def _appended(before: Any, more: Any) -> Any:
    if isinstance(before, str) and isinstance(more, str):
        return before + more
    if isinstance(before, list) and isinstance(more, list):
        return before + more
    return more


def _joined(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_joined(each) for each in value]
    if isinstance(value, dict):
        return {_joined(name): _joined(each) for name, each in value.items()}
    return value
