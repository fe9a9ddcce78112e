"""POST /v1/messages and what belongs to it."""

from flask import Blueprint, Response, request

from app.callers.keys import Keys
from app.callers.ledger import Ledger
from app.messages.answering import REFUSALS, answer, as_api_error, authorized
from app.messages.cutting import Body
from app.messages.errors import ApiError
from app.messages.models import find_model, list_models, models_known
from app.messages.request import MessagesRequest, read_request
from app.messages.responses import error_response, json_response
from app.messages.shape import MessagesShape
from app.messages.usage import list_usage
from app.pool.pool import Pool
from app.web.access import sees_usage_of_all
from app.web.current import current
from config.choices import UnknownFields
from config.settings import Settings

bp = Blueprint("messages", __name__)

_NO_COUNT = (
    "not_supported: The Claude CLI cannot count tokens exactly. Read"
    " usage.input_tokens in an answer, or ask the Anthropic API with a key of its own."
)


@bp.post("/v1/messages")
def create() -> Response:
    """Answer with the model's message, whole or as a stream of events."""
    return answer(_read)


@bp.post("/v1/messages/count_tokens")
def count_tokens() -> Response:
    """Say that this cannot be had: an estimate dressed as a count helps nobody."""
    authorized()
    raise ApiError(501, _NO_COUNT, code="not_supported")


@bp.get("/v1/models")
def models() -> Response:
    """List the models of the setting MODELS, or those that the CLI offers."""
    authorized()
    return json_response(list_models(_known(), request.args))


@bp.get("/v1/models/<name>")
def model(name: str) -> Response:
    """Describe one of them."""
    authorized()
    return json_response(find_model(_known(), name))


@bp.get("/v1/usage")
def usage() -> Response:
    """Say what has been used by UTC day: of all keys to the operator, else its own."""
    of_all = sees_usage_of_all(request, current(Settings), current(Keys))
    caller = None if of_all else authorized()
    return json_response(list_usage(current(Ledger), request.args, caller))


def _known() -> tuple[str, ...]:
    settings = current(Settings)
    aliases = dict(settings.model_aliases)
    known = models_known(settings.models, current(Pool).models)
    return (*known, *(each for each in aliases if each not in known))


def _read(body: Body) -> tuple[MessagesRequest, MessagesShape]:
    passing = current(Settings).unknown_fields is UnknownFields.CARRY
    return read_request(body, unknown_fields=passing), MessagesShape()


def _refused(error: Exception) -> Response:
    return error_response(as_api_error(error))


for kind in REFUSALS:
    bp.register_error_handler(kind, _refused)
