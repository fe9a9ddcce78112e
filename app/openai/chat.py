"""A request of Chat Completions as one of the Messages API; pure."""

import json
from collections.abc import Mapping
from typing import Any

from app.messages.cutting import Body
from app.messages.malformed import Malformed
from app.openai import asking
from app.openai.asking import Translated
from app.openai.chat_messages import Conversation
from app.openai.parameters import CHAT, CHAT_NESTED, check, check_nested
from app.openai.tools import Functions
from app.openai.unsupported import Losses

Fields = dict[str, Any]


def read_chat(
    body: Body, *, aliases: Mapping[str, str], ignoring: bool = False
) -> Translated:
    """Translate a request; ``ignoring`` lets fields pass that cannot be carried.

    Raises:
        Malformed, Unsupported: naming the field.
    """
    asked = asking.read_object(body)
    losses = Losses(ignoring=ignoring)
    check(asked, CHAT, losses)
    objects = check_nested(asked, CHAT_NESTED, losses)
    said = Conversation(losses)
    said.read(asked.get("messages"))
    formatted, sentences = _format(objects)
    made = asking.merged(
        asking.common(
            asked,
            asking.model_of(asked, aliases),
            limit=asking.whole_number(asked, "max_completion_tokens", "max_tokens"),
            system=[*said.system, *sentences],
        ),
        {"messages": said.turns},
        _stops(asked.get("stop", [])),
        Functions(losses, within="function").read(asked),
        formatted,
        asking.effort(asked.get("reasoning_effort"), "reasoning_effort"),
    )
    return Translated(json.dumps(made).encode(), asked, losses.names)


def _format(objects: Mapping[str, Fields]) -> tuple[Fields, list[str]]:
    place, within = "response_format", "response_format.json_schema"
    return asking.answer_format(
        objects[place].get("type"), objects[within], place, within
    )


def _stops(stop: Any) -> Fields:
    stops = [stop] if isinstance(stop, str) else stop
    if not isinstance(stops, list) or not all(isinstance(s, str) for s in stops):
        raise Malformed("stop", "a string or a list of strings is expected")
    return {"stop_sequences": stops} if stops else {}
