"""What both of OpenAI's requests say in the same words; pure."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.messages.cutting import Body
from app.messages.malformed import Malformed
from app.messages.strict import take_apart
from app.openai.unsupported import unsupported
from app.openai.values import one_of

_JSON_ONLY = "Answer with a single JSON object and nothing else."
_EFFORTS = {
    "minimal": "low",
    **{e: e for e in ("low", "medium", "high", "xhigh", "max")},
}
_TIERS = {"auto": "auto", "default": "standard_only"}
# OpenAI's API asks for no limit, the Messages API for one: what each family can do.
_MOST_TOKENS = (
    (re.compile(r"claude-3-(opus|sonnet|haiku)\b"), 4096),
    (re.compile(r"claude-3-5\b"), 8192),
    (re.compile(""), 32_000),
)


@dataclass(frozen=True, slots=True)
class Translated:
    """A request of the Messages API, and what its answer has to know of the question.

    ``ignored`` are the fields that were let pass although nothing becomes of them.
    """

    body: bytes
    asked: Mapping[str, Any]
    ignored: tuple[str, ...]


def read_object(body: Body) -> dict[str, Any]:
    """Return the body's object without its nulls, which say nothing.

    Raises:
        Malformed: it is no strict JSON object.
    """
    members = take_apart(body).parts
    values = {name: json.loads(part.raw()) for name, part in members.items()}
    return {name: value for name, value in values.items() if value is not None}


def model_of(asked: Mapping[str, Any], aliases: Mapping[str, str]) -> str:
    """Return the model that is meant.

    Raises:
        Malformed: none is named.
    """
    name = asked.get("model")
    if not isinstance(name, str):
        raise Malformed("model", "this field is required")
    return aliases.get(name, name)


def common(
    asked: Mapping[str, Any], model: str, *, limit: int | None, system: Sequence[str]
) -> dict[str, Any]:
    """Return the fields of the Messages API that both requests make alike.

    Raises:
        Malformed, Unsupported: a value that cannot be carried.
    """
    made: dict[str, Any] = {"model": model, "max_tokens": limit or most_tokens(model)}
    if system:
        made["system"] = [{"type": "text", "text": text} for text in system]
    # Most models take one of the two; 1 is what both are where nobody says anything.
    made |= {name: value for name, value in _sampling(asked).items() if value != 1}
    if "service_tier" in asked:
        made["service_tier"] = _tier(asked["service_tier"])
    if asked.get("stream") is not None:
        made["stream"] = asked["stream"]
    return made


def most_tokens(model: str) -> int:
    """Return the limit of an answer for which its client has set none."""
    return next(most for named, most in _MOST_TOKENS if named.search(model))


def whole_number(asked: Mapping[str, Any], *names: str) -> int | None:
    """Return the first of these fields that is there.

    Raises:
        Malformed: it is no whole number.
    """
    for name in names:
        if (value := asked.get(name)) is not None:
            if type(value) is not int or value < 1:
                raise Malformed(name, "a whole number of 1 and more is expected")
            return value
    return None


def effort(value: Any, place: str) -> dict[str, Any]:
    """Return the fields that say how hard to think.

    Raises:
        Malformed: no such effort.
    """
    if value is None:
        return {}
    if value == "none":
        return {"thinking": {"type": "disabled"}}
    return {"output_config": {"effort": one_of(value, _EFFORTS, place)}}


def answer_format(
    kind: Any, described: Mapping[str, Any], place: str, within: str
) -> tuple[dict[str, Any], list[str]]:
    """Return the fields, and the sentences of ``system``, that say what to answer in.

    The type is at ``place``; what describes the schema, and has it, is ``within``.

    Raises:
        Malformed: no such format, or no schema.
    """
    if kind in (None, "text"):
        return {}, []
    if kind == "json_object":
        return {}, [_JSON_ONLY]
    if kind != "json_schema":
        raise Malformed(f"{place}.type", "text, json_schema or json_object is expected")
    schema = described.get("schema")
    if not isinstance(schema, dict):
        raise Malformed(f"{within}.schema", "a JSON schema is expected")
    if "description" in described:
        schema = {"description": described["description"]} | schema
    wanted = {"type": "json_schema", "schema": schema}
    return {"output_config": {"format": wanted}}, []


def merged(*made: Mapping[str, Any]) -> dict[str, Any]:
    """Put fields together; what both say of ``output_config`` stays."""
    whole: dict[str, Any] = {}
    for each in made:
        configured = whole.get("output_config", {}) | each.get("output_config", {})
        whole |= each
        if configured:
            whole["output_config"] = configured
    return whole


def _sampling(asked: Mapping[str, Any]) -> dict[str, float]:
    """Return what the API takes: OpenAI's 0 to 2 is the same scale, cut off at 1."""
    told = {}
    for name, most in (("temperature", 2), ("top_p", 1)):
        value = asked.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Malformed(name, "a number is expected")
        if not 0 <= value <= most:
            raise Malformed(name, f"a number from 0 to {most} is expected")
        told[name] = min(value, 1)
    return told


def _tier(value: Any) -> str:
    if value in ("flex", "scale", "priority", "fast"):
        raise unsupported("service_tier", "auto and default are")
    return one_of(value, _TIERS, "service_tier")
