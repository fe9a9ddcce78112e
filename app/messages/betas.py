"""The ``anthropic-beta`` header: only names that are names, in one order."""

import re

from app.messages.malformed import Malformed

_MOST = 32
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
# The login is the CLI's own, and so is the beta that goes with it.
_OF_A_LOGIN = "oauth-"


def read_betas(header: str) -> tuple[str, ...]:
    """Return the names in an ``anthropic-beta`` header, sorted, each once.

    What leaves is made of these names, never of a client's text.

    Raises:
        Malformed: one of them is no beta's name, or there are more than 32.
    """
    names = {name.strip() for name in header.split(",")} - {""}
    if len(names) > _MOST:
        raise Malformed("anthropic-beta", f"more than {_MOST} names")
    if not all(_NAME.fullmatch(name) for name in names):
        raise Malformed("anthropic-beta", "names of betas have a-z, 0-9, '.', '_', '-'")
    return tuple(sorted(n for n in names if not n.startswith(_OF_A_LOGIN)))
