"""One request from a client to its answer, whichever API it came by.

The views of an API read the body and choose the shape of the answer; who may ask, how
much at a time, and what it comes to is the same for all of them.
"""

from collections.abc import Callable
from contextlib import ExitStack, closing

from flask import Response, g, request

from app.callers.keys import Keys
from app.callers.limits import Gate, OverLimit
from app.messages.betas import read_betas
from app.messages.body import check_length, read_body
from app.messages.client import Client
from app.messages.course import Listeners
from app.messages.cutting import Body
from app.messages.errors import ApiError, bad_request, over_limit, overloaded
from app.messages.exchange import ClientGone, Events, Request, exchange
from app.messages.held import Held
from app.messages.malformed import Malformed
from app.messages.message import Message
from app.messages.prompts import log_prompt
from app.messages.request import MessagesRequest
from app.messages.responses import json_response, with_id
from app.messages.shape import Shape
from app.messages.stream import HEADERS, first_event, frames
from app.pool.events import StreamEvent
from app.pool.pool import Pool
from app.pool.request import Deadlines, Key, Prompt
from app.web.access import caller_of, why_refused
from app.web.admission import Admission, Overloaded
from app.web.current import current
from config.settings import Settings

_CLOSED_BY_CLIENT = 499  # nginx's word for it; only our own log reads it
REFUSALS = (ApiError, Malformed, Overloaded, OverLimit, ClientGone)

Read = Callable[[Body], tuple[MessagesRequest, Shape]]


def authorized() -> str:
    """Return the name of who asks.

    Raises:
        ApiError: 401.
    """
    settings = current(Settings)
    caller = caller_of(request, settings, current(Keys))
    if caller is None:
        raise ApiError(401, why_refused(settings))
    g.client = caller
    return caller


def answer(read: Read) -> Response:
    """Answer the present request; ``read`` makes of its body what is asked, and how.

    Raises:
        ApiError, Malformed, Overloaded, OverLimit, ClientGone: see ``as_api_error``.
    """
    caller = authorized()
    check_length(request.environ)
    with ExitStack() as stack:
        admission = current(Admission)
        admission.enter()
        stack.callback(admission.leave)
        allowance = current(Keys).allowance_of(caller)
        stack.enter_context(current(Gate).entered(caller, allowance))
        wanted, shape = read(_body())
        current(Held).refuse(wanted.model)
        asked = _asked(wanted, caller)
        events = stack.enter_context(
            closing(exchange(current(Pool), asked, current(Listeners)))
        )
        if not wanted.stream:
            return json_response(shape.whole(_whole(events)))
        first = first_event(events)
        response = Response(frames(first, events, asked.client, asked.id, shape))
        response.headers.update(HEADERS)
        response.call_on_close(stack.pop_all().close)
        return with_id(response)


def as_api_error(error: Exception) -> ApiError:
    """Return what a client is told of one of ``REFUSALS``."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, Malformed):
        return bad_request(str(error))
    if isinstance(error, OverLimit):
        return over_limit(str(error), error.seconds)
    if isinstance(error, ClientGone):
        return ApiError(
            _CLOSED_BY_CLIENT, "The client has gone away.", code="cancelled"
        )
    return overloaded()


def _body() -> Body:
    settings = current(Settings)
    body = read_body(request.environ, settings.body_timeout)
    if settings.log_prompts:
        log_prompt(g.request_id, body)
    return body


def _asked(wanted: MessagesRequest, caller: str) -> Request:
    settings = current(Settings)
    betas = read_betas(request.headers.get("anthropic-beta", ""))
    http_1_1 = request.environ.get("SERVER_PROTOCOL") == "HTTP/1.1"
    return Request(
        id=g.request_id,
        key=Key(caller, wanted.model, wanted.system, betas),
        prompt=Prompt(wanted.body, wanted.text, wanted.cache),
        client=Client(request.environ.get("gunicorn.socket"), http_1_1=http_1_1),
        deadlines=Deadlines(
            settings.first_event_timeout, settings.stall_timeout, settings.total_timeout
        ),
        queue_timeout=settings.queue_timeout,
    )


def _whole(events: Events) -> Message:
    message = Message()
    for event in events:
        if isinstance(event, StreamEvent):
            message.take(event.raw)
    return message
