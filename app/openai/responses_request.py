"""A request of Responses as one of the Messages API; pure."""

import json
import re
from collections.abc import Mapping
from typing import Any

from app.messages.cutting import Body
from app.messages.malformed import Malformed
from app.openai import asking
from app.openai.asking import Translated
from app.openai.parameters import RESPONSES, RESPONSES_NESTED, check, check_nested
from app.openai.responses_items import Items
from app.openai.tools import Functions
from app.openai.unsupported import Losses, unsupported
from app.openai.values import a_list, an_object, one_of

Fields = dict[str, Any]
_SUMMARIES = dict.fromkeys(("auto", "concise", "detailed"), "summarized")
# These think only within a budget, for which OpenAI's API has no field.
_UNADAPTIVE = re.compile(r"claude-(3|(opus|sonnet|haiku)-4\b(?!-[6-9]\b))")


def read_responses(
    body: Body, *, aliases: Mapping[str, str], ignoring: bool = False
) -> Translated:
    """Translate a request; ``ignoring`` lets fields pass that cannot be carried.

    Raises:
        Malformed, Unsupported: naming the field.
    """
    asked = asking.read_object(body)
    losses = Losses(ignoring=ignoring)
    check(asked, RESPONSES, losses)
    objects = check_nested(asked, RESPONSES_NESTED, losses)
    an_object(asked.get("metadata", {}), "metadata")
    _check_include(a_list(asked.get("include", []), "include"))
    model = asking.model_of(asked, aliases)
    functions = Functions(losses).read(asked)
    items = Items(losses)
    items.read(asked.get("input"))
    formatted, sentences = _format(objects["text.format"])
    made = asking.merged(
        asking.common(
            asked,
            model,
            limit=asking.whole_number(asked, "max_output_tokens"),
            system=[*_instructions(asked), *items.system, *sentences],
        ),
        {"messages": items.turns},
        functions,
        formatted,
        _reasoning(objects["reasoning"], model),
    )
    return Translated(json.dumps(made).encode(), asked, losses.names)


def _instructions(asked: Mapping[str, Any]) -> list[str]:
    said = asked.get("instructions", "")
    if not isinstance(said, str):
        raise Malformed("instructions", "a string is expected")
    return [said] if said else []


def _check_include(wanted: list[Any]) -> None:
    if any(name != "reasoning.encrypted_content" for name in wanted):
        raise unsupported("include", "only reasoning.encrypted_content is")


def _format(wanted: Fields) -> tuple[Fields, list[str]]:
    place = "text.format"
    return asking.answer_format(wanted.get("type"), wanted, place, place)


def _reasoning(wanted: Fields, model: str) -> Fields:
    """Return how hard to think, and whether the thoughts are shown.

    A model that does not think has nothing to show: then a summary changes nothing.
    """
    made = asking.effort(wanted.get("effort"), "reasoning.effort")
    if "summary" not in wanted:
        return made
    display = one_of(wanted["summary"], _SUMMARIES, "reasoning.summary")
    if "thinking" in made or _UNADAPTIVE.search(model):
        return made
    return made | {"thinking": {"type": "adaptive", "display": display}}
