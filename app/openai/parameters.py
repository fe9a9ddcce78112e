"""What becomes of every field of OpenAI's two requests, as tables.

``docs/openai.md`` shows the tables, and a test holds them against the names in the
``openai`` package's own types: a field that it gets some day is named there first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.openai.unsupported import UNKNOWN, Losses
from app.openai.values import an_object


class Fate(StrEnum):
    """What becomes of a field: it goes as it is, as something else, or not at all."""

    CARRIED = "carried"
    MAPPED = "mapped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One field: ``how`` it is mapped, or why not; ``neutral`` values say nothing.

    Null says nothing either, wherever it stands.
    """

    fate: Fate
    how: str
    neutral: tuple[Any, ...] = ()


def _carried(how: str) -> Parameter:
    return Parameter(Fate.CARRIED, how)


def _mapped(how: str) -> Parameter:
    return Parameter(Fate.MAPPED, how)


def _refused(why: str, *neutral: Any) -> Parameter:
    return Parameter(Fate.REFUSED, why, neutral)


_NO_CACHE = "nothing is marked for the API's cache here: send it to /v1/messages"
_NO_COUNTERPART = "the Messages API has no such field"
_BOTH: Mapping[str, Parameter] = {
    "model": _mapped("as it is, or what MODEL_ALIASES says it stands for"),
    "stream": _carried("events as OpenAI writes them"),
    "temperature": _mapped("as it is up to 1, the most and the default of the API"),
    "top_p": _mapped("`top_p`; 1 is left out, as is a `temperature` of 1"),
    "tools": _mapped("functions are `tools`; any other kind is refused"),
    "tool_choice": _mapped("none, auto, required (`any`), a function (`tool`)"),
    "parallel_tool_calls": _mapped("false: `tool_choice.disable_parallel_tool_use`"),
    "service_tier": _mapped("auto; default is `standard_only`; others are refused"),
    "user": _mapped("stays here: who asks upstream is the CLI's own account"),
    "safety_identifier": _mapped("stays here, as `user`"),
    "prompt_cache_key": _mapped("stays here: the API finds by content what it keeps"),
    "store": _refused("nothing is stored here", False),
    "moderation": _refused(_NO_COUNTERPART),
    "prompt_cache_options": _refused(_NO_CACHE),
    "prompt_cache_retention": _refused(_NO_CACHE, "in_memory"),
    "top_logprobs": _refused("the API tells no probabilities", 0),
}
CHAT: Mapping[str, Parameter] = {
    **_BOTH,
    "messages": _mapped("`system` and `messages`; see below"),
    "max_completion_tokens": _mapped("`max_tokens`"),
    "max_tokens": _mapped("`max_tokens`, unless `max_completion_tokens` is there"),
    "stop": _mapped("`stop_sequences`"),
    "response_format": _mapped(
        "json_schema: `output_config.format`; json_object: a sentence in `system`"
    ),
    "reasoning_effort": _mapped(
        "`output_config.effort`; minimal is low; none: `thinking` disabled"
    ),
    "stream_options": _mapped("include_usage: a last chunk with the usage"),
    "metadata": _refused("it belongs to stored completions", {}),
    "n": _refused("the API gives one answer", 1),
    "logprobs": _refused("the API tells no probabilities", False),
    "logit_bias": _refused(_NO_COUNTERPART, {}),
    "seed": _refused(_NO_COUNTERPART),
    "presence_penalty": _refused(_NO_COUNTERPART, 0),
    "frequency_penalty": _refused(_NO_COUNTERPART, 0),
    "audio": _refused("the API speaks no audio"),
    "modalities": _refused("the API answers with text", ["text"], []),
    "prediction": _refused(_NO_COUNTERPART),
    "verbosity": _refused("say in the prompt how long the answer may be", "medium"),
    "web_search_options": _refused("no tool runs here"),
    "function_call": _refused("send `tool_choice`"),
    "functions": _refused("send `tools`", []),
}
RESPONSES: Mapping[str, Parameter] = {
    **_BOTH,
    "input": _mapped("`system` and `messages`; see below"),
    "instructions": _mapped("the first block of `system`"),
    "max_output_tokens": _mapped("`max_tokens`"),
    "text": _mapped("format: `output_config.format`, as `response_format`"),
    "reasoning": _mapped("effort: `output_config.effort`; summary: `thinking.display`"),
    "include": _mapped("reasoning.encrypted_content is always there; others refused"),
    "metadata": _mapped("given back with the answer, as OpenAI does"),
    "truncation": _refused("the API refuses what is too long", "disabled"),
    "stream_options": _mapped("include_obfuscation must be false"),
    "previous_response_id": _refused("nothing is stored here: send the whole input"),
    "conversation": _refused("nothing is stored here: send the whole input"),
    "background": _refused("nothing is stored here", False),
    "background_options": _refused("nothing is stored here"),
    "prompt": _refused("no prompts are stored here"),
    "max_tool_calls": _refused("no tool runs here"),
    "context_management": _refused("send a shorter input"),
    "access_programs": _refused(_NO_COUNTERPART),
    "image": _refused("the API makes no images"),
}
# Their fields in turn, by where they are, an outer object before an inner one; a full
# name is what a client reads, and the counter's label.
Nested = Mapping[str, Mapping[str, Parameter]]
_TYPE = _mapped("text, json_schema or json_object")
_SCHEMA: Mapping[str, Parameter] = {
    "name": _mapped("stays here: the API names no formats"),
    "description": _mapped("the schema's, where it has none itself"),
    "schema": _mapped("`output_config.format.schema`"),
    "strict": _mapped("stays here: the API holds every answer to its schema"),
}
_OBFUSCATION = _refused("events are written as they come", False)
CHAT_NESTED: Nested = {
    "response_format": {
        "type": _TYPE,
        "json_schema": _mapped("`output_config.format`"),
    },
    "response_format.json_schema": _SCHEMA,
    "stream_options": {
        "include_usage": _mapped("a last chunk with the usage"),
        "include_obfuscation": _OBFUSCATION,
    },
}
RESPONSES_NESTED: Nested = {
    "text": {
        "format": _mapped("`output_config.format`, or a sentence in `system`"),
        "verbosity": _refused("say in the prompt how long it may be", "medium"),
    },
    "text.format": {"type": _TYPE, **_SCHEMA},
    "reasoning": {
        "effort": _mapped("`output_config.effort`; none: `thinking` disabled"),
        "summary": _mapped("`thinking.display`: summarized, where the model thinks"),
        "generate_summary": _refused("send `reasoning.summary`"),
        "context": _refused("the API decides which thoughts it reads again", "auto"),
        "mode": _refused(_NO_COUNTERPART, "standard"),
    },
    "stream_options": {
        "include_obfuscation": _OBFUSCATION,
    },
}


def check(
    asked: Mapping[str, Any],
    known: Mapping[str, Parameter],
    losses: Losses,
    within: str = "",
) -> None:
    """Lose what cannot be carried.

    ``within`` is the place of the object, with a full stop, where it is a field's.

    Raises:
        Unsupported: a field that is refused or that nobody knows; nothing may pass.
    """
    for name, value in asked.items():
        parameter = known.get(name)
        if parameter and parameter.fate is not Fate.REFUSED:
            continue
        if value is None or (parameter and value in parameter.neutral):
            continue
        why, noted = (parameter.how, within + name) if parameter else (UNKNOWN, "other")
        losses.lose(within + name[:64], why, noted)


def check_nested(
    asked: Mapping[str, Any], known: Nested, losses: Losses
) -> dict[str, dict[str, Any]]:
    """Lose what cannot be carried within fields; return their objects by place.

    One that is not there has nothing in it.

    Raises:
        Malformed: one is no object; Unsupported: as of `check`.
    """
    found: dict[str, dict[str, Any]] = {}
    for place, fields in known.items():
        outer, _, name = place.rpartition(".")
        found[place] = an_object(found.get(outer, asked).get(name, {}), place)
        check(found[place], fields, losses, within=f"{place}.")
    return found
