"""The response object of OpenAI's API: what was asked, and what it came to; pure."""

import time
from collections.abc import Mapping
from typing import Any

from app.messages.errors import ApiError
from app.openai import answers
from app.openai.response_output import Item

Fields = dict[str, Any]
# What OpenAI's API gives back of a request, and what that is where nothing is said.
_ASKED: Fields = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "prompt_cache_key": None,
    "safety_identifier": None,
    "service_tier": "auto",
    "temperature": 1.0,
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "user": None,
}
_NEVER: Fields = {
    "background": False,
    "error": None,
    "incomplete_details": None,
    "max_tool_calls": None,
    "previous_response_id": None,
    "store": False,
    "top_logprobs": 0,
    "truncation": "disabled",
}
_TEXT = {"format": {"type": "text"}}
_REASONING = {"effort": None, "summary": None}
_INCOMPLETE = {
    "max_tokens": "max_output_tokens",
    "model_context_window_exceeded": "max_output_tokens",
    "refusal": "content_filter",
}
_TIERS = {"standard": "default", "priority": "priority"}


def stem(message: Mapping[str, Any]) -> str:
    """Return what the ids of a message's response and items have in common."""
    return str(message.get("id", "")).removeprefix("msg_")


def begun(asked: Mapping[str, Any], message: Mapping[str, Any]) -> Fields:
    """Return the response to a request, before anything of it is there."""
    told = {name: asked.get(name, value) for name, value in _ASKED.items()}
    return {
        "id": f"resp_{stem(message)}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "completed_at": None,
        "model": message.get("model"),
        "output": [],
        "usage": None,
        "text": _TEXT | asked.get("text", {}),
        "reasoning": _REASONING | asked.get("reasoning", {}),
        **told,
        **_NEVER,
    }


def status(stop_reason: str | None) -> str:
    """Return what became of an answer, and so of its last item."""
    return "incomplete" if stop_reason in _INCOMPLETE else "completed"


def ended(
    response: Fields,
    output: list[Item],
    stop_reason: str | None,
    used: Mapping[str, Any],
) -> Fields:
    """Return the response with what it came to; ``used`` is the message's usage."""
    tier = _TIERS.get(used.get("service_tier") or "", response["service_tier"])
    told: Fields = {"output": output, "usage": _usage(used), "service_tier": tier}
    if stop_reason in _INCOMPLETE:
        told["incomplete_details"] = {"reason": _INCOMPLETE[stop_reason]}
    else:
        told["completed_at"] = int(time.time())
    return response | told | {"status": status(stop_reason)}


def failed(response: Fields, output: list[Item], error: ApiError) -> Fields:
    """Return the response with what it broke off with; its codes are OpenAI's own."""
    if error.status in (429, 529):
        code = "rate_limit_exceeded"
    else:
        code = "invalid_prompt" if error.status < 500 else "server_error"
    told = answers.error_object(error, code=code)
    return response | {"status": "failed", "output": output, "error": told}


def _usage(told: Mapping[str, Any]) -> Fields:
    used = answers.usage(told)
    return {
        "input_tokens": used.asked,
        "input_tokens_details": {
            "cached_tokens": used.cached,
            "cache_write_tokens": used.cache_written,
        },
        "output_tokens": used.answered,
        "output_tokens_details": {"reasoning_tokens": used.thought},
        "total_tokens": used.total,
    }
