"""Functions and their calls, as tools of the Messages API; pure."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from app.messages.malformed import Malformed
from app.messages.strict import take_apart
from app.openai.unsupported import Losses, unsupported
from app.openai.values import one_of, required

Fields = dict[str, Any]
_FUNCTION = {"name", "description", "parameters", "strict"}
_CHOICES = {"none": "none", "auto": "auto", "required": "any"}
_NO_ARGUMENTS = {"type": "object", "properties": {}}


class Functions:
    """Reads the functions of a request, and the choice among them.

    What is said of a function stands in ``within``; None: beside its ``type``.
    """

    def __init__(self, losses: Losses, *, within: str | None = None) -> None:
        """Begin; ``losses`` are told what cannot be carried."""
        self._losses = losses
        self._within = within

    def read(self, asked: Mapping[str, Any]) -> Fields:
        """Return ``tools`` and ``tool_choice``, where they need to be said.

        Raises:
            Malformed, Unsupported: naming the field.
        """
        known = [self._tool(*each) for each in _only_functions(asked.get("tools", []))]
        chosen = self._choice(asked.get("tool_choice"))
        if not known:
            if chosen and chosen["type"] in ("any", "tool"):
                raise Malformed("tool_choice", "there are no tools to choose from")
            return {}
        if asked.get("parallel_tool_calls") is False:
            chosen = chosen or {"type": "auto"}
            if chosen["type"] != "none":
                chosen["disable_parallel_tool_use"] = True
        return {"tools": known} | ({"tool_choice": chosen} if chosen else {})

    def _tool(self, place: str, each: Mapping[str, Any]) -> Fields:
        """Return a function as a tool; no parameters: one without any."""
        function, at = self._function(each, place, _FUNCTION)
        made: Fields = {"name": required(function, "name", at)}
        if function.get("description") is not None:
            made["description"] = function["description"]
        schema = function.get("parameters")
        made["input_schema"] = _NO_ARGUMENTS if schema is None else schema
        if function.get("strict"):
            made["strict"] = True
        return made

    def _choice(self, wanted: Any) -> Fields | None:
        if wanted is None:
            return None
        if isinstance(wanted, str):
            return {"type": one_of(wanted, _CHOICES, "tool_choice")}
        if not isinstance(wanted, dict) or wanted.get("type") != "function":
            raise unsupported("tool_choice.type", "a function is")
        function, at = self._function(wanted, "tool_choice", {"name"})
        return {"type": "tool", "name": required(function, "name", at)}

    def _function(
        self, each: Mapping[str, Any], place: str, known: set[str]
    ) -> tuple[Mapping[str, Any], str]:
        """Return what is said of a function, and where; what is not known is lost."""
        if self._within is None:
            self._losses.beyond({"type", *known}, each, place)
            return each, place
        self._losses.beyond({"type", self._within}, each, place)
        said, at = each.get(self._within), f"{place}.{self._within}"
        function = said if isinstance(said, dict) else {}
        self._losses.beyond(known, function, at)
        return function, at


def _only_functions(tools: Any) -> Iterable[tuple[str, Mapping[str, Any]]]:
    if not isinstance(tools, list):
        raise Malformed("tools", "a list is expected")
    for number, each in enumerate(tools):
        place = f"tools.{number}"
        kind = each.get("type") if isinstance(each, dict) else None
        if kind != "function":
            raise unsupported(f"{place}.type", "only functions are; no tool runs here")
        yield place, each


def call(id_: str, function: Mapping[str, Any], place: str) -> Fields:
    """Return a call that the model has made, as it has to be told again.

    ``place`` is where the function's name and its arguments are.

    Raises:
        Malformed: the arguments are no JSON object, or there is no name.
    """
    return {
        "type": "tool_use",
        "id": id_,
        "name": required(function, "name", place),
        "input": _input(function.get("arguments"), f"{place}.arguments"),
    }


def result(id_: str, said: Any) -> Fields:
    """Return what a call with this id has given back."""
    return {"type": "tool_result", "tool_use_id": id_, "content": said}


def _input(arguments: Any, place: str) -> Fields:
    if arguments in (None, ""):
        return {}
    if not isinstance(arguments, str):
        raise Malformed(place, "a JSON object, as a string, is expected")
    try:
        take_apart(arguments.encode())
    except Malformed as error:
        raise Malformed(place, f"as a JSON object: {error.reason}") from None
    made: Fields = json.loads(arguments)
    return made
