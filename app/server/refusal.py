"""Refuses on the raw socket what is no request, in the one shape of all problems."""

import json
import socket
from contextlib import suppress
from http import HTTPStatus

from gunicorn.http import errors

from app.contract.codes import Code
from app.contract.problem import problem


def status_of(error: BaseException) -> HTTPStatus | None:
    """Return the status for what is no request; None: it is not the client's fault."""
    if isinstance(error, errors.LimitRequestHeaders):
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    if isinstance(error, errors.LimitRequestLine):
        return HTTPStatus.REQUEST_URI_TOO_LONG
    if isinstance(error, errors.UnsupportedTransferCoding):
        return HTTPStatus.NOT_IMPLEMENTED
    if isinstance(error, errors.ParseException):
        return HTTPStatus.BAD_REQUEST
    return None


def refuse(client: socket.socket, status: HTTPStatus) -> None:
    """Send what fits at once: nobody waits for a client that does not read."""
    with suppress(OSError):
        client.send(_refusal(status), socket.MSG_DONTWAIT)


def _refusal(status: HTTPStatus) -> bytes:
    ours = status == HTTPStatus.INTERNAL_SERVER_ERROR
    code = Code.INTERNAL_ERROR if ours else Code.BAD_REQUEST
    text = json.dumps(problem(code, error=status.phrase)) + "\n"
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\n"
        "Cache-Control: no-store\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n{text}"
    ).encode()
