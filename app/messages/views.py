"""POST /v1/messages and what belongs to it: ask the pool, write what comes."""

from contextlib import ExitStack, closing

from flask import Blueprint, Response, abort, g, request

from app.messages.betas import read_betas
from app.messages.body import check_length, read_body
from app.messages.client import Client
from app.messages.errors import ApiError, bad_request, overloaded
from app.messages.exchange import ClientGone, Events, Request, exchange
from app.messages.malformed import Malformed
from app.messages.message import Message
from app.messages.models import find_model, list_models
from app.messages.request import MessagesRequest, read_request
from app.messages.responses import error_response, json_response, with_id
from app.messages.stream import HEADERS, first_event, frames
from app.pool.events import StreamEvent
from app.pool.pool import Pool
from app.pool.request import Deadlines, Key, Prompt
from app.web.access import caller_of, why_refused
from app.web.admission import Admission, Overloaded
from app.web.current import current
from config.settings import Settings, UnknownFields

bp = Blueprint("messages", __name__)

_CLOSED_BY_CLIENT = 499  # nginx's word for it; only our own log reads it
_NO_COUNT = (
    "not_supported: The Claude CLI cannot count tokens exactly. Read"
    " usage.input_tokens in an answer, or ask the Anthropic API with a key of its own."
)


@bp.post("/v1/messages")
def create() -> Response:
    """Answer with the model's message, whole or as a stream of events."""
    caller = _caller()
    check_length(request.environ)
    with ExitStack() as stack:
        admission = current(Admission)
        admission.enter()
        stack.callback(admission.leave)
        wanted = _wanted()
        asked = _asked(wanted, caller)
        events = stack.enter_context(closing(exchange(current(Pool), asked)))
        if not wanted.stream:
            return json_response(_whole(events))
        first = first_event(events)
        response = Response(frames(first, events, asked.client, asked.id))
        response.headers.update(HEADERS)
        response.call_on_close(stack.pop_all().close)
        return with_id(response)


@bp.post("/v1/messages/count_tokens")
def count_tokens() -> Response:
    """Say that this cannot be had: an estimate dressed as a count helps nobody."""
    _caller()
    raise ApiError(501, _NO_COUNT, code="not_supported")


@bp.get("/v1/models")
def models() -> Response:
    """List the models of the setting MODELS."""
    _caller()
    return json_response(list_models(current(Settings).models, request.args))


@bp.get("/v1/models/<name>")
def model(name: str) -> Response:
    """Describe one of them."""
    _caller()
    return json_response(find_model(current(Settings).models, name))


@bp.get("/")
def root() -> Response:
    """Answer Claude Code, which looks with HEAD whether anybody is here."""
    if request.method != "HEAD":
        abort(404)
    return Response(status=200)


def _caller() -> str:
    settings = current(Settings)
    caller = caller_of(request, settings)
    if caller is None:
        raise ApiError(401, why_refused(settings))
    return caller


def _wanted() -> MessagesRequest:
    settings = current(Settings)
    body = read_body(request.environ, settings.body_timeout)
    passing = settings.unknown_fields is UnknownFields.CARRY
    return read_request(body, unknown_fields=passing)


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


def _whole(events: Events) -> bytes:
    message = Message()
    for event in events:
        if isinstance(event, StreamEvent):
            message.take(event.raw)
    return message.json()


@bp.errorhandler(ApiError)
def _refused(error: ApiError) -> Response:
    return error_response(error)


@bp.errorhandler(Malformed)
def _malformed(error: Malformed) -> Response:
    return error_response(bad_request(str(error)))


@bp.errorhandler(Overloaded)
def _full(_: Overloaded) -> Response:
    return error_response(overloaded())


@bp.errorhandler(ClientGone)
def _gone(_: ClientGone) -> Response:
    return error_response(
        ApiError(_CLOSED_BY_CLIENT, "The client has gone away.", code="cancelled")
    )
