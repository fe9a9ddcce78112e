"""The items of a request of Responses, as turns of the Messages API; pure."""

from collections.abc import Mapping
from typing import Any

from app.messages.malformed import Malformed
from app.openai import content, tools
from app.openai.thoughts import thought
from app.openai.turns import Turn, answered, say
from app.openai.unsupported import Losses, unsupported
from app.openai.values import a_list, an_object, required

# What an item and a part may have; ``id`` and ``status`` say nothing where nothing is
# stored, ``phase`` and ``annotations`` nothing that the Messages API could be told.
_ITEMS: Mapping[str, set[str]] = {
    "message": {"type", "id", "status", "role", "content", "phase"},
    "function_call": {"type", "id", "status", "call_id", "name", "arguments"},
    "function_call_output": {"type", "id", "status", "call_id", "name", "output"},
    "reasoning": {"type", "id", "status", "summary", "encrypted_content"},
}
_PARTS: Mapping[str, set[str]] = {
    "input_text": {"type", "text"},
    "input_image": {"type", "image_url", "detail"},
    "input_file": {"type", "file_data", "file_url", "file_id", "filename", "detail"},
    "output_text": {"type", "text", "annotations", "logprobs"},
    "refusal": {"type", "refusal"},
}
# What to do instead: of items and parts by their type, of fields by their name.
_KINDS_INSTEAD = {
    "item_reference": "nothing is stored here: send the item itself",
    "input_audio": "the API hears no audio",
}
_INSTEAD = {
    "detail": "auto, high and original are",
    "file_id": "nothing is stored here: send the image as image_url",
    "prompt_cache_breakpoint": "nothing is marked for the API's cache here",
}


class Items:
    """Reads items: ``system`` is what it says, from wherever, ``turns`` the rest.

    What the model has thought, said and called in a row is one turn, and so is what
    its calls have given back, with what the user says then.
    """

    def __init__(self, losses: Losses) -> None:
        """Begin; ``losses`` are told what cannot be carried."""
        self._losses = losses
        self.system: list[str] = []
        self.turns: list[Turn] = []

    def read(self, said: Any) -> None:
        """Take them in; a string is what the user says.

        Raises:
            Malformed, Unsupported: naming the item.
        """
        if isinstance(said, str):
            say(self.turns, said)
            return
        for number, each in enumerate(a_list(said, "input")):
            self._take(an_object(each, f"input.{number}"), f"input.{number}")
        if not self.turns:
            raise Malformed("input", "something that the user says is expected")

    def _take(self, item: Mapping[str, Any], place: str) -> None:
        kind = item.get("type", "message")
        if not isinstance(kind, str) or kind not in _ITEMS:
            why = "no such item is known, or no such tool runs here"
            raise unsupported(f"{place}.type", _KINDS_INSTEAD.get(str(kind), why))
        self._losses.beyond(_ITEMS[kind], item, place, _INSTEAD)
        if kind == "message":
            self._take_message(item, place)
        elif kind == "reasoning":
            answered(self.turns, [thought(item, place)])
        elif kind == "function_call":
            id_ = required(item, "call_id", place)
            answered(self.turns, [tools.call(id_, item, place)])
        else:
            said = content.spoken(item.get("output"), f"{place}.output", self._part)
            id_ = required(item, "call_id", place)
            say(self.turns, [tools.result(id_, said)])

    def _take_message(self, item: Mapping[str, Any], place: str) -> None:
        role, at = item.get("role"), f"{place}.content"
        if role == "assistant":
            said = item.get("content") or []
            if not isinstance(said, str):
                said = content.parts(said, at, self._part)
            if said:
                answered(self.turns, said)
            return
        said = content.spoken(item.get("content"), at, self._part)
        if role == "user":
            say(self.turns, said)
        elif role in ("system", "developer"):
            self.system.append(content.only_text(said, at))
        else:
            raise Malformed(f"{place}.role", "no role that this proxy knows")

    def _part(self, value: Any, place: str) -> content.Block:
        part = an_object(value, place)
        kind = part.get("type")
        if not isinstance(kind, str) or kind not in _PARTS:
            if why := _KINDS_INSTEAD.get(str(kind)):
                raise unsupported(f"{place}.type", why)
            raise Malformed(place, f"a part of type {', '.join(_PARTS)} is expected")
        self._losses.beyond(_PARTS[kind], part, place, _INSTEAD)
        if part.get("detail") == "low":
            self._losses.lose(f"{place}.detail", _INSTEAD["detail"], "input.detail")
        if kind == "input_image":
            return content.image(part.get("image_url"), f"{place}.image_url")
        if kind == "input_file":
            return content.file(part, place)
        name = "refusal" if kind == "refusal" else "text"
        if not isinstance(part.get(name), str):
            raise Malformed(f"{place}.{name}", "a string is expected")
        return content.text(part[name])
