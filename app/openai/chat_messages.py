"""The messages of a request of Chat Completions, as turns of the Messages API; pure."""

from collections.abc import Mapping
from typing import Any

from app.messages.malformed import Malformed
from app.openai import content, tools
from app.openai.turns import Turn, say
from app.openai.unsupported import Losses, unsupported
from app.openai.values import a_list, an_object, required

# What a message may have. An answer of ours is sent back with its
# ``reasoning_content``, and by the SDK with ``annotations``: neither can be carried,
# the API takes thoughts only with their signature. What an SDK adds says nothing new:
# ``parsed`` and ``parsed_arguments`` are read from what is beside them, ``index`` is a
# call's number. A result says by its ``tool_call_id`` whose it is, so its ``name`` adds
# nothing.
_FIELDS: Mapping[str, set[str]] = {
    **{role: {"role", "content"} for role in ("system", "developer", "user")},
    "assistant": {
        *("role", "content", "refusal", "tool_calls"),
        *("reasoning_content", "annotations", "parsed"),
    },
    "tool": {"role", "content", "tool_call_id", "name"},
}
_PARTS = ("text", "image_url", "file", "refusal")
_INSIDE = {
    "image_url": {"url", "detail"},
    "file": {"file_data", "file_url", "file_id", "filename"},
}
_CALL = {"id", "type", "function", "index"}
_CALLED = {"name", "arguments", "parsed_arguments"}
_INSTEAD = {
    "detail": "auto, high and original are",
    "name": "the API gives people no names: write it into the text",
    "audio": "send content and tool_calls",
    "function_call": "send content and tool_calls",
}


class Conversation:
    """Reads messages: ``system`` is what it says, from wherever, ``turns`` the rest.

    What several tools have given back is one turn, with what the user says then. An
    assistant's message without anything in it says nothing, and is left out.
    """

    def __init__(self, losses: Losses) -> None:
        """Begin; ``losses`` are told what cannot be carried."""
        self._losses = losses
        self.system: list[str] = []
        self.turns: list[Turn] = []

    def read(self, messages: Any) -> None:
        """Take them in.

        Raises:
            Malformed, Unsupported: naming the message.
        """
        for number, each in enumerate(a_list(messages, "messages")):
            self._take(an_object(each, f"messages.{number}"), f"messages.{number}")

    def _take(self, message: Mapping[str, Any], place: str) -> None:
        role = message.get("role")
        if not isinstance(role, str) or role not in _FIELDS:
            raise Malformed(f"{place}.role", "no role that this proxy knows")
        self._losses.beyond(_FIELDS[role], message, place, _INSTEAD)
        if role == "assistant":
            if said := self._answered(message, place):
                self.turns.append({"role": role, "content": said})
            return
        at = f"{place}.content"
        said = content.spoken(message.get("content"), at, self._part)
        if role == "user":
            say(self.turns, said)
        elif role == "tool":
            id_ = required(message, "tool_call_id", place)
            say(self.turns, [tools.result(id_, said)])
        else:
            self.system.append(content.only_text(said, at))

    def _answered(self, message: Mapping[str, Any], place: str) -> Any:
        if message.get("content") and message.get("refusal"):
            raise Malformed(f"{place}.refusal", "content or this is expected, not both")
        said = message.get("content") or message.get("refusal") or ""
        calls = a_list(message.get("tool_calls", []), f"{place}.tool_calls")
        if isinstance(said, str):
            if not calls:
                return said
            blocks = [content.text(said)] if said else []
        else:
            blocks = content.parts(said, f"{place}.content", self._part)
        called = [self._call(c, f"{place}.tool_calls.{n}") for n, c in enumerate(calls)]
        return [*blocks, *called]

    def _part(self, value: Any, place: str) -> content.Block:
        part = an_object(value, place)
        kind = part.get("type")
        if kind == "input_audio":
            raise unsupported(f"{place}.type", "the API hears no audio")
        if not isinstance(kind, str) or kind not in _PARTS:
            raise Malformed(place, f"a part of type {', '.join(_PARTS)} is expected")
        self._losses.beyond({"type", kind}, part, place, _INSTEAD)
        at = f"{place}.{kind}"
        if kind in ("text", "refusal"):
            if not isinstance(part.get(kind), str):
                raise Malformed(at, "a string is expected")
            return content.text(part[kind])
        told = an_object(part.get(kind), at)
        self._losses.beyond(_INSIDE[kind], told, at)
        if kind == "file":
            return content.file(told, at)
        if told.get("detail") == "low":
            self._losses.lose(f"{at}.detail", _INSTEAD["detail"], "messages.detail")
        return content.image(told.get("url"), at)

    def _call(self, value: Any, place: str) -> content.Block:
        each, at = an_object(value, place), f"{place}.function"
        if each.get("type", "function") != "function":
            raise unsupported(f"{place}.type", "only functions are")
        self._losses.beyond(_CALL, each, place)
        made = an_object(each.get("function"), at)
        self._losses.beyond(_CALLED, made, at)
        return tools.call(required(each, "id", place), made, at)
