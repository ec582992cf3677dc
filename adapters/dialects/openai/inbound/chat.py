"""What clients send to `/v1/chat/completions`, to neutral (docs/wire/dialects.md 1.1).

Whole answers are in `answer`, streams in `chat_stream`.
"""

from __future__ import annotations

from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.json import Encoder

from adapters.dialects.bodies.body import within_depth
from adapters.dialects.openai.inbound import messages, thinking
from adapters.dialects.openai.inbound.formats import decode_format, is_known
from adapters.dialects.openai.inbound.sampling import (
    decode_limit,
    decode_sampling,
    loses_stops,
    whole,
)
from adapters.dialects.openai.inbound.schema import CHAT, WireChat
from adapters.dialects.openai.inbound.tools import Tools, decode_tools
from adapters.dialects.openai.inbound.vendor import TEMPLATE, dropped_names, extensions_of
from adapters.dialects.requests.durations import decode_keep_alive
from adapters.dialects.requests.extensions import KEEP_ALIVE
from adapters.dialects.requests.logprobs import decode_top_logprobs
from ports.chat import ChatRequest
from ports.errors import InvalidRequest

_ENCODER = Encoder()


class Form(Struct, frozen=True, kw_only=True):
    """How the client wants its answer."""

    logprobs: bool = False
    alternatives: bool = False
    """Other likely tokens; upstreams send them unasked."""
    reasoning: bool = True
    legacy: bool = False
    """A call is told as `function_call`."""
    usage: bool = False
    """Whether a stream tells the tokens in a chunk of their own."""


class ChatCall(Struct, frozen=True, kw_only=True):
    """A decoded body. `keep_alive` is in seconds, negative for ever, `None` if it was not said."""

    request: ChatRequest
    form: Form
    stream: bool = False
    keep_alive: float | None = None

    def dropped(self, losses: tuple[str, ...]) -> tuple[str, ...]:
        """Return the client's names of what is dropped, `losses` by a backend among it.

        Without what is asked for here, and not by the client.
        """
        if self.form.legacy:
            losses = tuple(loss for loss in losses if loss != "parallel_tool_calls")
        return dropped_names(self.request.dropped, losses, self.request.extensions)


@within_depth
def decode_chat(body: bytes) -> ChatCall:
    """Decode `/v1/chat/completions`. The model's name stays as it was sent.

    Raises `InvalidRequest`, with Ollama's text where it has one, placed where that is known.
    """
    return _call(*CHAT.decode_whole(body))


def _call(wire: WireChat, unknown: tuple[str, ...]) -> ChatCall:
    """Check in Ollama's order: the messages, the rest, the name."""
    if not wire.messages:
        raise InvalidRequest("[] is too short - 'messages'", param="messages")
    tools = decode_tools(wire)
    request = _request(wire, tools, unknown)
    if not request.model.strip():
        raise InvalidRequest("model is required", param="model")
    return ChatCall(
        request=request,
        form=Form(
            logprobs=request.logprobs,
            alternatives=request.top_logprobs > 0,
            reasoning=not thinking.hides_reasoning(wire),
            legacy=tools.legacy,
            usage=wire.stream_options is not None and bool(wire.stream_options.include_usage),
        ),
        stream=bool(wire.stream),
        keep_alive=_keep_alive(wire),
    )


def _request(wire: WireChat, tools: Tools, unknown: tuple[str, ...]) -> ChatRequest:
    if whole(wire, "n", wire.n) not in {None, 1}:
        raise InvalidRequest("the backend of this model gives one answer: n must be 1", param="n")
    wanted = thinking.decode_thinking(wire)
    history = wire.messages or ()
    return ChatRequest(
        model=wire.model or "",
        messages=messages.decode_messages(history),
        tools=tools.tools,
        tool_choice=tools.choice,
        parallel_tool_calls=_parallel(wire, tools),
        format=decode_format(wire.response_format),
        options=decode_sampling(wire, _limit(wire)),
        think=wanted.think,
        thinking_budget=wanted.budget,
        think_if_able=wanted.if_able,
        logprobs=bool(wire.logprobs),
        top_logprobs=decode_top_logprobs(
            wire.logprobs, whole(wire, "top_logprobs", wire.top_logprobs)
        ),
        extensions=_extensions(wire),
        dropped=(*_dropped(wire, tools), *unknown),
    )


def _keep_alive(wire: WireChat) -> float | None:
    try:
        return decode_keep_alive(wire.keep_alive)
    except InvalidRequest as error:
        raise error.within("keep_alive") from error


def _limit(wire: WireChat) -> int | UnsetType:
    newer = decode_limit(wire, "max_completion_tokens", wire.max_completion_tokens)
    return decode_limit(wire, "max_tokens", wire.max_tokens) if newer is UNSET else newer


def _parallel(wire: WireChat, tools: Tools) -> bool | UnsetType:
    if tools.legacy:
        return False
    return UNSET if wire.parallel_tool_calls is None else wire.parallel_tool_calls


def _extensions(wire: WireChat) -> dict[str, Raw]:
    extensions = extensions_of(wire)
    if TEMPLATE in extensions and thinking.only_switches(wire):
        del extensions[TEMPLATE]
    if wire.keep_alive is not None:
        extensions[KEEP_ALIVE] = Raw(_ENCODER.encode(wire.keep_alive))
    return extensions


def _dropped(wire: WireChat, tools: Tools) -> tuple[str, ...]:
    dropped = [*tools.dropped, *messages.dropped_of(wire.messages or ())]
    if not is_known(wire.response_format):
        dropped.append("response_format")
    if loses_stops(wire.stop):
        dropped.append("stop")
    return (*dropped, *thinking.dropped_of(wire))
