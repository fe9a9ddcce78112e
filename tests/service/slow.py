"""The service with routes that hold a place, answer at length, or read: for tests."""

import time
from collections.abc import Iterator

from flask import Response, request

from app import create_app
from app.web.admission import Admission
from app.web.current import current

app = create_app()


@app.get("/slow")
def slow() -> Response:
    """Stream for as many seconds as are asked for."""
    admission = current(Admission)
    admission.enter()
    until = time.monotonic() + float(request.args["seconds"])

    def words() -> Iterator[str]:
        while time.monotonic() < until:
            yield "word "
            time.sleep(0.05)

    response = Response(words())
    response.call_on_close(admission.leave)
    return response


@app.get("/long")
def long() -> Response:
    """Send as many megabytes as are asked for, each at once."""
    admission = current(Admission)
    admission.enter()
    megabytes = (bytes(1 << 20) for _ in range(int(request.args["megabytes"])))
    response = Response(megabytes)
    response.call_on_close(admission.leave)
    return response


@app.post("/read")
def read() -> Response:
    """Read the body, and say how long it was."""
    return Response(str(len(request.get_data())))
