"""In which form a report is given: the contract's JSON, unless another is asked for.

JSON wins every tie, and where nothing that is accepted can be given: a probe, a browser
and an HTTP library get what they have always got, and nobody a 406.
"""

from enum import StrEnum

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from app.contract.codes import Code


class Face(StrEnum):
    """A form of the report, by its media type; the first one wins a tie."""

    JSON = "application/json"
    HEALTH_JSON = "application/health+json"
    TEXT = "text/plain"


# An ``Accept`` without any of these words gets JSON; any other is to be weighed.
MAY_ASK_FOR_ANOTHER = "text|health|q="
_FORMATS = {"json": Face.JSON, "health+json": Face.HEALTH_JSON, "text": Face.TEXT}


class BadQuestion(Exception):
    """What was asked for cannot be given; the text names the parameter and says why."""

    code = Code.BAD_REQUEST


def face_of(accept: str | None, form: str | None) -> Face:
    """Return the form that is asked for by ``?format=``, or else by ``Accept``.

    Raises:
        BadQuestion: there is no such ``format``.
    """
    if form:
        # In a query "+" is a space.
        face = _FORMATS.get(form.replace(" ", "+"))
        if face is None:
            raise BadQuestion(f"format: one of {', '.join(_FORMATS)} is expected")
        return face
    accepted = parse_accept_header(accept, MIMEAccept)
    best = max(Face, key=accepted.quality)  # the first of those that are equal
    return best if accepted.quality(best) > 0 else Face.JSON
