"""Thoughts there and back: blocks of the Messages API, reasoning items of OpenAI's.

The API reads its own thoughts again only as they were, with their signature: that is
what ``encrypted_content`` is here. What it has not shown at all is one string as well,
marked with a character that no signature has.
"""

from collections.abc import Mapping
from typing import Any

from app.messages.malformed import Malformed
from app.openai.content import Block

_HIDDEN = "redacted_thinking:"


def summary(block: Block) -> list[dict[str, str]]:
    """Return what is shown of a thought: nothing, or one part."""
    shown = block.get("thinking")
    return [{"type": "summary_text", "text": shown}] if shown else []


def encrypted(block: Block) -> str | None:
    """Return what the API needs to read a thought again; None: it was cut off."""
    if block["type"] == "redacted_thinking":
        return _HIDDEN + str(block["data"])
    return block.get("signature") or None


def thought(item: Mapping[str, Any], place: str) -> Block:
    """Return the block that a reasoning item was.

    Raises:
        Malformed: it is not as it came.
    """
    sealed, shown = item.get("encrypted_content"), item.get("summary") or []
    if not isinstance(sealed, str) or not sealed:
        wanted = "what the item came with is expected; else leave the item out"
        raise Malformed(f"{place}.encrypted_content", wanted)
    if sealed.startswith(_HIDDEN):
        return {"type": "redacted_thinking", "data": sealed.removeprefix(_HIDDEN)}
    try:
        text = "".join(part["text"] for part in shown)
    except (TypeError, KeyError):
        raise Malformed(f"{place}.summary", "parts with text are expected") from None
    return {"type": "thinking", "thinking": text, "signature": sealed}
