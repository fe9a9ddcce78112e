"""HTTP that is over at a given moment, however slowly the other end sends.

A socket's timeout is for each read, so a byte now and then, also in the headers, would
keep it waiting for ever; here every read has the time that is left.
"""

import time
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from io import BufferedReader, RawIOBase
from typing import Any
from urllib.request import (
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)


def opener(until: float) -> OpenerDirector:
    """Make an opener for answers that are whole by ``until`` (monotonic).

    It uses no HTTP proxy: an answer from a cache would be about another moment.
    """
    return build_opener(ProxyHandler({}), _Http(until), _Https(until))


class _InTime(RawIOBase):
    def __init__(self, raw: Any, sock: Any, until: float) -> None:
        self._raw, self._sock, self._until = raw, sock, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("no whole answer in time")
        self._sock.settimeout(left)
        read: int | None = self._raw.readinto(buffer)
        return read

    def close(self) -> None:
        self._raw.close()
        super().close()


def _response(until: float) -> type[HTTPResponse]:
    class Response(HTTPResponse):
        def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
            super().__init__(sock, *args, **kwargs)
            self.fp: Any = BufferedReader(_InTime(self.fp.detach(), sock, until))

    return Response


class _Http(HTTPHandler):
    def __init__(self, until: float) -> None:
        super().__init__()
        self._until = until

    def http_open(self, req: Request) -> HTTPResponse:
        class Connection(HTTPConnection):
            response_class = _response(self._until)

        return self.do_open(Connection, req)


class _Https(HTTPSHandler):
    def __init__(self, until: float) -> None:
        super().__init__()
        self._until = until

    def https_open(self, req: Request) -> HTTPResponse:
        class Connection(HTTPSConnection):
            response_class = _response(self._until)

        return self.do_open(Connection, req)
