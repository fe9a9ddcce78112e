"""What a warm process is told: the lines of its stdin, as bytes; pure.

A request's body is handed on in pieces and never decoded: escaping 32 MB in one call
would hold every other thread for a quarter of a second.
"""

from collections.abc import Iterator

import msgspec

_PIECE = 256 << 10  # bytes
MODELS = "models"  # the id of a question
_BODY = b"BODY"
# No request that got this far is answered: the API refuses an empty conversation, and
# zero tokens.
REFUSED = b'{"messages":[],"max_tokens":0}'
# What a JSON string may not hold raw, and a JSON document can have between its tokens.
_ESCAPES = (
    *((b"\\", b"\\\\"), (b'"', b'\\"')),
    *((b"\n", b"\\n"), (b"\r", b"\\r"), (b"\t", b"\\t")),
)
# JavaScript takes these two for the ends of lines; JSON has them in strings alone.
_SEPARATORS = ((b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))


def is_warm() -> bytes:
    """Ask for an answer that costs nothing, to see that it is there."""
    return _control("warm", subtype="mcp_status")


def list_models() -> bytes:
    """Ask which models it offers; it asks nobody for that (measured)."""
    return _control(MODELS, subtype="list_models")


def refuse_all() -> bytes:
    """Set a body that the upstream refuses, before there is a request or a model."""
    env = {"CLAUDE_CODE_EXTRA_BODY": REFUSED.decode()}
    request = {"subtype": "apply_flag_settings", "settings": {"env": env}}
    return _control("refuse", **request)


def initialize(system: str | None) -> bytes:
    """Give the system prompt; a process listens to the first of these alone."""
    prompt = [system or ""]
    return _control("system", subtype="initialize", hooks=None, systemPrompt=prompt)


def settings(
    number: int,
    model: str,
    betas: tuple[str, ...],
    body: bytes,
    cache: str | None = None,
) -> Iterator[bytes]:
    """Set what the next request upstream is: its model, betas and exact body.

    ``cache`` (``5m``, ``1h``) lets the CLI mark the system prompt for the upstream's
    cache; an empty value switches each of these back (measured).

    The setting of the model, unlike ``set_model``, asks nothing upstream (measured).
    Settings stay as they are where the next line leaves them out, so none is.
    """
    env = {"ANTHROPIC_BETAS": ",".join(betas)} if betas else {}
    env["DISABLE_PROMPT_CACHING"] = "" if cache else "1"
    env["CLAUDE_CODE_PROMPT_CACHE_TTL"] = cache or ""
    env["CLAUDE_CODE_EXTRA_BODY"] = _BODY.decode()
    line = _control(
        f"settings-{number}",
        subtype="apply_flag_settings",
        settings={"model": model, "env": env},
    )
    head, tail = line.rsplit(_BODY, 1)
    yield head
    yield from escaped(body)
    yield tail


def escaped(body: bytes) -> Iterator[bytes]:
    """Yield the pieces of a JSON document as the inside of a JSON string."""
    start = 0
    while start < len(body):
        end = start + _PIECE
        while end < len(body) and body[end] & 0xC0 == 0x80:
            end -= 1  # it would divide a character
        piece = body[start:end]
        for raw, escape in (*_SEPARATORS, *_ESCAPES):
            piece = piece.replace(raw, escape)
        yield piece
        start = end


def user(text: str) -> bytes:
    """Start the request; ``client_composed``, so that no text is ever a command."""
    message = {"role": "user", "content": text}
    return _line({"type": "user", "client_composed": True, "message": message})


def clear() -> bytes:
    """Empty the process's own conversation: our one command."""
    return _line({"type": "user", "message": {"role": "user", "content": "/clear"}})


def _control(name: str, **request: object) -> bytes:
    return _line({"type": "control_request", "request_id": name, "request": request})


def _line(document: object) -> bytes:
    return _without_separators(msgspec.json.encode(document)) + b"\n"


def _without_separators(document: bytes) -> bytes:
    for separator, escape in _SEPARATORS:
        if separator in document:
            document = document.replace(separator, escape)
    return document
