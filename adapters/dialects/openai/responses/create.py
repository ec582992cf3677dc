"""What clients send to `/v1/responses`, to neutral (docs/wire/dialects.md 6.1)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from msgspec import UNSET, DecodeError, Raw, Struct, UnsetType, ValidationError
from msgspec.json import Decoder

from adapters.dialects.bodies.body import within_depth
from adapters.dialects.bodies.gotypes import kind_of
from adapters.dialects.openai.inbound.efforts import decode_effort
from adapters.dialects.openai.inbound.sampling import decode_limit, decode_sampling, whole
from adapters.dialects.openai.inbound.vendor import dropped_names
from adapters.dialects.openai.responses.content import list_of
from adapters.dialects.openai.responses.formats import decode_format
from adapters.dialects.openai.responses.items import History
from adapters.dialects.openai.responses.losses import NAMES, extensions_of, unheard
from adapters.dialects.openai.responses.places import placed
from adapters.dialects.openai.responses.reply import (
    AUTO,
    TEXT_FORMAT,
    ReasoningConfig,
    ResponseObject,
    TextConfig,
)
from adapters.dialects.openai.responses.schema import CREATE, WireCreate, is_said
from adapters.dialects.openai.responses.tools import Called, Tools, decode_tools
from adapters.dialects.requests.durations import decode_keep_alive
from adapters.dialects.requests.logprobs import decode_top_logprobs
from ports.chat import ChatRequest, Effort, Message, Text
from ports.errors import InvalidRequest

T = TypeVar("T")

_STRING = Decoder(str)
_LOGPROBS = "message.output_text.logprobs"


class Create(Struct, frozen=True, kw_only=True):
    """A decoded body. The model's name stays as it was sent."""

    request: ChatRequest
    reply: ResponseObject
    """The answer, as far as the request alone decides it."""
    names: Mapping[str, Called] = MappingProxyType({})
    """How the client calls a function, by the name that the upstream knows."""
    stream: bool = False
    keep_alive: float | None = None
    """In seconds, negative for ever, `None` if it was not said."""
    includes_logprobs: bool = False
    """Whether log probabilities were asked for in `include`, and not only by their number."""

    def dropped(self, losses: tuple[str, ...]) -> tuple[str, ...]:
        """Return the client's names of what is dropped, `losses` by a backend among it.

        Without what is asked for here, and not by the client.
        """
        if not self.includes_logprobs:
            losses = tuple(loss for loss in losses if loss != "logprobs")
        return dropped_names(self.request.dropped, losses, self.request.extensions, NAMES)


@within_depth
def decode_create(body: bytes) -> Create:
    """Decode the body of `POST /v1/responses`.

    Raises `InvalidRequest`, in Ollama's words where it has some.
    """
    try:
        return _create(*CREATE.decode_whole(body))
    except DecodeError as error:
        raise InvalidRequest(str(error)) from error


def _create(wire: WireCreate, unknown: tuple[str, ...]) -> Create:
    if not (wire.model or "").strip():
        raise InvalidRequest("model is required", param="model")
    _refuse_state(wire)
    messages, ignored = _history(wire)
    tools = decode_tools(wire.tools or (), wire.tool_choice)
    limit = decode_limit(wire, "max_output_tokens", wire.max_output_tokens)
    format_ = decode_format(wire.text.format) if wire.text is not None else None
    alternatives = whole(wire, "top_logprobs", wire.top_logprobs)
    included = _LOGPROBS in (wire.include or ())
    logprobs = included or bool(alternatives)
    request = ChatRequest(
        model=wire.model or "",
        messages=messages,
        tools=tools.tools,
        tool_choice=tools.choice,
        parallel_tool_calls=_or_unset(wire.parallel_tool_calls if tools.tools else None),
        format=format_,
        options=decode_sampling(wire, limit),
        think=_think(wire),
        logprobs=logprobs,
        top_logprobs=decode_top_logprobs(logprobs, alternatives),
        extensions=extensions_of(wire),
        dropped=(*unheard(wire, tools.dropped, ignored), *unknown),
    )
    return Create(
        request=request,
        reply=_reply(wire, request, tools),
        names=tools.names,
        stream=bool(wire.stream),
        keep_alive=decode_keep_alive(wire.keep_alive),
        includes_logprobs=included,
    )


def _refuse_state(wire: WireCreate) -> None:
    stored = {
        "previous_response_id": wire.previous_response_id,
        "conversation": wire.conversation,
        "prompt": wire.prompt,
    }
    for name, raw in stored.items():
        if is_said(raw):
            raise _no_state(name)
    if wire.background:
        raise _no_state("background")


def _no_state(name: str) -> InvalidRequest:
    return InvalidRequest(f"{name} is not supported: this server keeps no responses", param=name)


def _history(wire: WireCreate) -> tuple[tuple[Message, ...], tuple[str, ...]]:
    """Read `instructions` and `input`; return the messages and the types of items left out."""
    if not is_said(wire.input):
        raise InvalidRequest("input is required", param="input")
    history = History()
    if wire.instructions:
        history.say("system", (Text(text=wire.instructions),))
    if kind_of(wire.input) == "string":
        history.say("user", (Text(text=_STRING.decode(wire.input)),))
    else:
        _read_items(wire.input, history)
    messages = history.finish()
    if not messages:
        raise InvalidRequest("input: there is no message in it", param="input")
    return messages, history.ignored


def _read_items(raw: Raw, history: History) -> None:
    for index, item in enumerate(list_of(raw, "input")):
        try:
            history.add(item)
        except (InvalidRequest, ValidationError) as error:
            raise placed(error, f"input[{index}]") from error


def _think(wire: WireCreate) -> bool | Effort | UnsetType:
    effort = wire.reasoning.effort if wire.reasoning is not None else None
    if not effort:
        return UNSET
    try:
        return decode_effort(effort)
    except InvalidRequest as error:
        error.within("reasoning.effort")
        raise


def _or_unset(value: T | None) -> T | UnsetType:
    return UNSET if value is None else value


def _reply(wire: WireCreate, request: ChatRequest, tools: Tools) -> ResponseObject:
    """Return what of the request the answer repeats: what is heeded, and no more."""
    limit = request.options.max_tokens
    return ResponseObject(
        model=request.model,
        instructions=wire.instructions or None,
        tools=tools.echo,
        tool_choice=AUTO if tools.choice is UNSET else _raw(wire.tool_choice, AUTO),
        truncation=wire.truncation or "disabled",
        parallel_tool_calls=wire.parallel_tool_calls is not False,
        text=_text(wire, request),
        top_p=1 if wire.top_p is None else wire.top_p,
        presence_penalty=wire.presence_penalty or 0,
        frequency_penalty=wire.frequency_penalty or 0,
        top_logprobs=request.top_logprobs,
        temperature=1 if wire.temperature is None else wire.temperature,
        reasoning=_reasoning(wire),
        max_output_tokens=None if limit is UNSET or limit < 0 else limit,
    )


def _text(wire: WireCreate, request: ChatRequest) -> TextConfig:
    if wire.text is None or request.format is None:
        return TextConfig()
    return TextConfig(format=_raw(wire.text.format, TEXT_FORMAT))


def _reasoning(wire: WireCreate) -> ReasoningConfig | None:
    asked = wire.reasoning
    if asked is None:
        return None
    return ReasoningConfig(effort=asked.effort, summary=asked.summary or asked.generate_summary)


def _raw(raw: Raw | UnsetType, default: Raw) -> Raw:
    return default if isinstance(raw, UnsetType) else raw
