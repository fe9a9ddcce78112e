"""The blocks of an answer of the Messages API, as items of a response's output; pure.

Blocks of text in a row are the parts of one message. An item's ``id`` says where in
the answer it stands: nothing is stored that it could be found by.
"""

from collections.abc import Iterable
from typing import Any

from app.openai.answers import arguments
from app.openai.content import Block
from app.openai.thoughts import encrypted, summary

Item = dict[str, Any]
# What an item has nothing of yet when it begins.
_NOTHING: dict[str, Item] = {
    "message": {"content": []},
    "function_call": {"arguments": ""},
    "reasoning": {"summary": [], "encrypted_content": None},
}


def output(blocks: Iterable[Block], stem: str, last: str) -> list[Item]:
    """Return the items; ``last`` is the status of the last one."""
    items: list[Item] = []
    for block in blocks:
        if items and joins(block, items[-1]):
            items[-1]["content"].append(text_part(block["text"]))
        elif made := item(block, f"{stem}_{len(items)}"):
            items.append(made)
    if items:
        items[-1]["status"] = last
    return items


def joins(block: Block, before: Item) -> bool:
    """Tell whether a block is one more part of the item before it."""
    return bool(block["type"] == "text" and before["type"] == "message")


def begun(whole: Item) -> Item:
    """Return an item as it is when it begins."""
    return whole | _NOTHING[whole["type"]] | {"status": "in_progress"}


def item(block: Block, stem: str) -> Item | None:
    """Return what a block is; None: OpenAI's API has no such thing."""
    kind = block["type"]
    if kind == "text":
        own: Item = {"role": "assistant", "content": [text_part(block["text"])]}
        return _item("msg", "message", stem, own)
    if kind == "tool_use":
        own = {"call_id": block["id"], "name": block["name"]}
        own["arguments"] = arguments(block["input"])
        return _item("fc", "function_call", stem, own)
    if kind in ("thinking", "redacted_thinking"):
        own = {"summary": summary(block), "encrypted_content": encrypted(block)}
        return _item("rs", "reasoning", stem, own)
    return None


def text_part(text: str) -> Item:
    """Return a part of a message."""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _item(prefix: str, kind: str, stem: str, own: Item) -> Item:
    head = {"id": f"{prefix}_{stem}", "type": kind, "status": "completed"}
    return head | own
