"""OpenAI's two endpoints: the body translated, the answer in OpenAI's shape."""

from collections.abc import Callable

from flask import Blueprint, Response

from app.messages.answering import REFUSALS, answer
from app.messages.cutting import Body
from app.messages.request import MessagesRequest, read_request, taking_turns
from app.messages.shape import Shape
from app.metrics.registry import Metrics
from app.openai.asking import Translated
from app.openai.chat import read_chat
from app.openai.completion import ChatShape
from app.openai.errors import error_response
from app.openai.response_events import ResponseShape
from app.openai.responses_request import read_responses
from app.web.current import current
from config.choices import UnsupportedParameters
from config.settings import Settings

bp = Blueprint("openai", __name__)


@bp.post("/v1/chat/completions")
def chat_completions() -> Response:
    """Answer with a completion, whole or in chunks."""
    return _answer(read_chat, ChatShape)


@bp.post("/v1/responses")
def responses() -> Response:
    """Answer with a response, whole or as its events; nothing is stored."""
    return _answer(read_responses, ResponseShape)


def _answer(
    translate: Callable[..., Translated], shape: Callable[[Translated], Shape]
) -> Response:
    translated: list[Translated] = []

    def read(body: Body) -> tuple[MessagesRequest, Shape]:
        settings = current(Settings)
        ignoring = settings.unsupported_parameters is UnsupportedParameters.IGNORE
        aliases = dict(settings.model_aliases)
        with taking_turns(body):
            translated.append(translate(body, aliases=aliases, ignoring=ignoring))
        return read_request(translated[0].body), shape(translated[0])

    response = answer(read)
    if ignored := translated[0].ignored:
        _warn(response, ignored)
    return response


def _warn(response: Response, ignored: tuple[str, ...]) -> None:
    """Say which parameters had no effect, and count them."""
    names = ", ".join(ignored)
    response.headers["Warning"] = f'299 - "ignored parameters: {names}"'
    counted = current(Metrics).messages.ignored_parameters
    for name in ignored:
        counted.labels(name).inc()


for kind in REFUSALS:
    bp.register_error_handler(kind, error_response)
