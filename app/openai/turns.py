"""Turns of a conversation, as the Messages API has them; pure."""

from typing import Any

from app.openai import content

Turn = dict[str, Any]


def say(turns: list[Turn], said: Any) -> None:
    """Add a user's turn, or to the turn in which tools have given something back."""
    last = turns[-1] if turns else None
    if last and last["role"] == "user" and _is_of_tools(last["content"]):
        last["content"] = [*last["content"], *_blocks(said)]
    else:
        turns.append({"role": "user", "content": said})


def answered(turns: list[Turn], said: Any) -> None:
    """Add to the model's turn, or begin one."""
    last = turns[-1] if turns else None
    if last and last["role"] == "assistant":
        last["content"] = [*_blocks(last["content"]), *_blocks(said)]
    else:
        turns.append({"role": "assistant", "content": said})


def _is_of_tools(blocks: Any) -> bool:
    if not isinstance(blocks, list) or not blocks:
        return False
    return bool(blocks[0]["type"] == "tool_result")


def _blocks(said: Any) -> list[content.Block]:
    return [content.text(said)] if isinstance(said, str) else said
