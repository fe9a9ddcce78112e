"""The service with one more route, that takes a place and holds it: for tests."""

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
