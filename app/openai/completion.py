"""An answer of the Messages API as one of Chat Completions, whole or in chunks."""

import json
import time
from collections.abc import Mapping
from typing import Any

from app.messages.errors import ApiError
from app.messages.message import Message
from app.openai import answers
from app.openai.asking import Translated
from app.pool.events import StreamEvent

FINISH_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_DONE = b"data: [DONE]\n\n"


class ChatShape:
    """Writes the answer to one request.

    What the model thought goes out as ``reasoning_content``, which is no field of
    OpenAI's but what many clients read.
    """

    ping = b": ping\n\n"

    def __init__(self, request: Translated) -> None:
        """Take what the answer depends on."""
        options = request.asked.get("stream_options") or {}
        self._with_usage = bool(options.get("include_usage"))
        self._created = int(time.time())
        self._head: dict[str, Any] = {}
        # What is the same in all chunks, written once.
        self._before = b""
        self._after = b', "usage": null}\n\n' if self._with_usage else b"}\n\n"
        self._usage: dict[str, Any] = {}
        self._tools: dict[int, int] = {}  # the block's number: the call's
        self._silent: dict[int, str] = {}  # calls that have said no arguments yet

    def whole(self, message: Message) -> bytes:
        """Write the completion."""
        fields = message.fields
        choice = {
            "index": 0,
            "message": _message(answers.blocks(message)),
            "logprobs": None,
            "finish_reason": _finish_reason(fields.get("stop_reason")),
        }
        head = self._begin(fields, "chat.completion")
        body = head | {"choices": [choice], "usage": _usage(fields.get("usage") or {})}
        return json.dumps(body).encode()

    def event(self, event: StreamEvent) -> bytes:
        """Write the chunk that an event comes to, if it comes to one."""
        told = json.loads(event.raw.decode())
        if event.type == "message_start":
            head = self._begin(told["message"], "chat.completion.chunk")
            self._before = b"data: %b, " % json.dumps(head)[:-1].encode()
            self._usage = told["message"].get("usage") or {}
            return self._chunk({"role": "assistant", "content": ""})
        if event.type == "content_block_delta":
            return self._delta(told["index"], told["delta"])
        if event.type == "content_block_start":
            return self._settled() + self._block(told["index"], told["content_block"])
        if event.type == "message_delta":
            used = told.get("usage") or {}
            self._usage |= {k: v for k, v in used.items() if v is not None}
            ended = _finish_reason(told["delta"].get("stop_reason"))
            return self._settled() + self._chunk({}, ended)
        return b""

    def end(self) -> bytes:
        """Write the usage, where it is asked for, and the end."""
        if not self._with_usage:
            return _DONE
        body = self._head | {"choices": [], "usage": _usage(self._usage)}
        return _data(body) + _DONE

    def error(self, error: ApiError, request_id: str) -> bytes:
        """Write an error as OpenAI's clients expect it in a stream; no end follows."""
        del request_id
        return _data({"error": answers.error_object(error)})

    def _begin(self, message: Mapping[str, Any], kind: str) -> dict[str, Any]:
        self._head = {
            "id": "chatcmpl-" + str(message.get("id", "")).removeprefix("msg_"),
            "object": kind,
            "created": self._created,
            "model": message.get("model"),
            "system_fingerprint": None,
        }
        return self._head

    def _block(self, index: int, block: Mapping[str, Any]) -> bytes:
        if block["type"] == "text":
            said = block.get("text")
            return self._chunk({"content": said}) if said else b""
        if block["type"] != "tool_use":
            return b""
        number = self._tools[index] = len(self._tools)
        self._silent[number] = json.dumps(block.get("input") or {})
        function = {"name": block["name"], "arguments": ""}
        call = {"id": block["id"], "type": "function", "function": function}
        return self._chunk({"tool_calls": [{"index": number, **call}]})

    def _delta(self, index: int, delta: Mapping[str, Any]) -> bytes:
        kind = delta["type"]
        if kind == "text_delta":
            return self._chunk({"content": delta["text"]})
        if kind == "thinking_delta" and delta["thinking"]:
            return self._chunk({"reasoning_content": delta["thinking"]})
        if (
            kind == "input_json_delta"
            and delta["partial_json"]
            and index in self._tools
        ):
            self._silent.pop(self._tools[index], None)
            return self._arguments(self._tools[index], delta["partial_json"])
        return b""

    def _settled(self) -> bytes:
        """A call without arguments has an object without any: clients parse it.

        Said when something comes after it and not at its end, which the CLI also writes
        of a call that broke off.
        """
        silent, self._silent = self._silent, {}
        return b"".join(self._arguments(*call) for call in silent.items())

    def _arguments(self, number: int, text: str) -> bytes:
        call = {"index": number, "function": {"arguments": text}}
        return self._chunk({"tool_calls": [call]})

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        written = json.dumps(delta).encode()
        ended = b'"%b"' % finish.encode() if finish else b"null"
        return (
            b'%b"choices": [{"index": 0, "delta": %b, "logprobs": null,'
            b' "finish_reason": %b}]%b'
        ) % (self._before, written, ended, self._after)


def _message(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    said = [block["text"] for block in blocks if block["type"] == "text"]
    thought = [b["thinking"] for b in blocks if b["type"] == "thinking"]
    calls = [
        {
            "id": block["id"],
            "type": "function",
            "function": {
                "name": block["name"],
                "arguments": answers.arguments(block["input"]),
            },
        }
        for block in blocks
        if block["type"] == "tool_use"
    ]
    message: dict[str, Any] = {
        "role": "assistant",
        "content": "".join(said) if said or not calls else None,
        "refusal": None,
    }
    if any(thought):
        message["reasoning_content"] = "".join(thought)
    return message | ({"tool_calls": calls} if calls else {})


def _finish_reason(stop_reason: str | None) -> str | None:
    return FINISH_REASONS.get(stop_reason, "stop") if stop_reason else None


def _usage(told: Mapping[str, Any]) -> dict[str, Any]:
    used = answers.usage(told)
    return {
        "prompt_tokens": used.asked,
        "completion_tokens": used.answered,
        "total_tokens": used.total,
        "prompt_tokens_details": {
            "cached_tokens": used.cached,
            "cache_write_tokens": used.cache_written,
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": used.thought,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _data(body: Mapping[str, Any]) -> bytes:
    return b"data: %b\n\n" % json.dumps(body).encode()
