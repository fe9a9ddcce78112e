"""The events that tell of a response's output, item by item; pure.

What has begun ends when the next begins, or the answer does: text may go on in another
part, the last item has the status that the answer has, and of an answer that breaks off
the CLI ends the last block as if it were whole. Nothing tells that this is done.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from app.openai.answers import arguments
from app.openai.content import Block
from app.openai.response_output import Item, begun, item, joins, output, text_part

Told = tuple[str, dict[str, Any]]  # an event's name, and its fields
# Where the pieces of a block stand in it once they are put together.
_FIELDS = {"text": "text", "thinking": "thinking", "tool_use": "input"}
_PIECES = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "input_json_delta": "partial_json",
}


class OutputEvents:
    """Tells what each event of the Messages API adds to the output."""

    def __init__(self, stem: str) -> None:
        """Begin with no items; ``stem`` is what their ids have in common."""
        self._stem = stem
        self._blocks: list[Block] = []
        self._block: Block | None = None  # the one that has begun
        self._pieces: list[str] = []  # what came of it
        self._item: Item = {}
        self._index = -1  # of the item
        self._part = 0  # its part, if it is a message

    def items(self, last: str) -> list[Item]:
        """Return the items so far; ``last`` is the status of the last one."""
        self._put_together()
        return output(self._blocks, self._stem, last)

    def begin(self, block: Block) -> Iterator[Told]:
        """Tell that a block begins, if OpenAI's API has such a thing."""
        yield from self._end_block()
        if self._item and joins(block, self._item):
            self._part += 1
        elif made := item(block, f"{self._stem}_{self._index + 1}"):
            yield from self.end("completed")
            self._index, self._part = self._index + 1, 0
            self._item = begun(made)
            yield self._of_output("output_item.added", item=self._item)
        else:
            return
        self._block = dict(block)
        self._blocks.append(self._block)
        if block["type"] == "text":
            yield self._of_part("content_part.added", part=text_part(""))
        if block["type"] in ("text", "thinking"):
            yield from self._piece(block[_FIELDS[block["type"]]])

    def add(self, delta: Mapping[str, Any]) -> Iterator[Told]:
        """Tell what comes to the block."""
        if self._block is None:
            return
        if delta["type"] in _PIECES:
            yield from self._piece(delta[_PIECES[delta["type"]]])
        elif delta["type"] == "signature_delta":
            before = self._block.get("signature") or ""
            self._block["signature"] = before + delta["signature"]

    def end(self, status: str) -> Iterator[Told]:
        """Tell that the last item is whole, or as much as there will be of it."""
        yield from self._end_block()
        if self._item:
            whole = self.items(status)[-1]
            yield self._of_output("output_item.done", item=whole)

    def _end_block(self) -> Iterator[Told]:
        block = self._block
        if block is None:
            return
        if block["type"] == "tool_use" and not self._pieces:
            yield from self._piece(arguments(block["input"]))
        said = self._put_together()
        self._block, self._pieces = None, []
        if block["type"] == "text":
            yield self._of_part("output_text.done", text=said, logprobs=[])
            yield self._of_part("content_part.done", part=text_part(said))
        elif block["type"] == "tool_use":
            yield self._of_item("function_call_arguments.done", arguments=said)
        elif said:
            yield self._of_summary("reasoning_summary_text.done", text=said)
            yield self._of_summary("reasoning_summary_part.done", part=_shown(said))

    def _piece(self, piece: str) -> Iterator[Told]:
        if not piece or self._block is None:
            return
        kind = self._block["type"]
        if kind == "text":
            yield self._of_part("output_text.delta", delta=piece, logprobs=[])
        elif kind == "tool_use":
            yield self._of_item("function_call_arguments.delta", delta=piece)
        else:
            if not self._pieces:
                yield self._of_summary("reasoning_summary_part.added", part=_shown(""))
            yield self._of_summary("reasoning_summary_text.delta", delta=piece)
        self._pieces.append(piece)

    def _put_together(self) -> str:
        said = "".join(self._pieces)
        if self._block is not None and self._block["type"] in _FIELDS:
            self._block[_FIELDS[self._block["type"]]] = said
        return said

    def _of_output(self, name: str, **fields: Any) -> Told:
        return name, {"output_index": self._index, **fields}

    def _of_item(self, name: str, **fields: Any) -> Told:
        return self._of_output(name, item_id=self._item["id"], **fields)

    def _of_part(self, name: str, **fields: Any) -> Told:
        return self._of_item(name, content_index=self._part, **fields)

    def _of_summary(self, name: str, **fields: Any) -> Told:
        return self._of_item(name, summary_index=0, **fields)


def _shown(text: str) -> dict[str, str]:
    return {"type": "summary_text", "text": text}
