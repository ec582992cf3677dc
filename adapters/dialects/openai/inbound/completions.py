"""What clients send to `/v1/completions`, to neutral (docs/wire/dialects.md 5).

Whole answers are in `completions_answer`, streams in `completions_stream`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import UNSET, Raw, Struct
from msgspec.json import Encoder
from msgspec.structs import replace

from adapters.dialects.bodies.body import within_depth
from adapters.dialects.bodies.gotypes import TOP, Fault
from adapters.dialects.openai.inbound.sampling import (
    decode_limit,
    decode_sampling,
    loses_stops,
    whole,
)
from adapters.dialects.openai.inbound.schema_completions import PROMPTS, WirePrompts
from adapters.dialects.openai.inbound.vendor import extensions_of
from adapters.dialects.requests.durations import decode_keep_alive
from adapters.dialects.requests.extensions import KEEP_ALIVE
from adapters.dialects.requests.logprobs import decode_top_logprobs
from ports.errors import InvalidRequest, ModelNotFound
from ports.generate import GenerateRequest

MOST = 2048
"""Completions that one request may ask for: prompts times `n`."""

MOST_OF_ONE = 128
"""Completions of one prompt, as at OpenAI."""

_ENCODER = Encoder()
_KINDS = {bool: "bool", int: "number", float: "number", list: "array", dict: "object"}
_GO_KINDS = {
    bool: "bool",
    int: "float64",
    float: "float64",
    list: "[]interface {}",
    dict: "map[string]interface {}",
    type(None): "<nil>",
}
"""How Go names the kind of a value in its messages, and its type."""


class PromptsForm(Struct, frozen=True, kw_only=True):
    """How the client wants its answer."""

    echoes: tuple[str, ...]
    """What the text of each choice begins with, may be empty. There are as many as choices."""
    alternatives: int = 0
    """Other likely tokens; upstreams send them unasked."""
    logprobs: bool = False
    usage: bool = False
    """Whether a stream tells the tokens in an event of their own."""


class PromptsCall(Struct, frozen=True, kw_only=True):
    """A decoded body: a request for each choice, in the order of their indexes.

    One without a prompt asks for nothing. `keep_alive` is in seconds, negative for ever, `None`
    if it was not said.
    """

    requests: tuple[GenerateRequest, ...]
    form: PromptsForm
    stream: bool = False
    keep_alive: float | None = None

    @property
    def loads(self) -> bool:
        """Whether nothing at all is asked."""
        return not any(request.prompt for request in self.requests)


@within_depth
def decode_prompts(body: bytes) -> PromptsCall:
    """Decode `/v1/completions`. The model's name stays as it was sent.

    Raises `InvalidRequest`, with Ollama's text where it has one, and `ModelNotFound` if no model
    is named at all. A prompt of tokens is refused: only servers of this protocol know them.
    """
    return _call(*PROMPTS.decode_whole(body))


def _call(wire: WirePrompts, unknown: tuple[str, ...]) -> PromptsCall:
    """Check in Ollama's order: what its decoder sees, the stop strings, the name."""
    prompts = _prompts(wire.prompt)
    _check_stops(wire.stop)
    each = _count_of_each(wire, len(prompts))
    model = wire.model or ""
    if not model.strip():
        raise ModelNotFound(model)
    request = _request(wire, model, (*_dropped(wire, each), *unknown))
    echoes = prompts if _echoes(wire) else ("",) * len(prompts)
    return PromptsCall(
        requests=tuple(it for prompt in prompts for it in _repeated(request, prompt, each)),
        form=PromptsForm(
            echoes=tuple(echo for echo in echoes for _ in range(each)),
            logprobs=request.logprobs,
            alternatives=request.top_logprobs,
            usage=wire.stream_options is not None and bool(wire.stream_options.include_usage),
        ),
        stream=bool(wire.stream),
        keep_alive=decode_keep_alive(wire.keep_alive),
    )


def _request(wire: WirePrompts, model: str, dropped: tuple[str, ...]) -> GenerateRequest:
    limit = decode_limit(wire, "max_tokens", wire.max_tokens)
    if wire.max_tokens == 0:
        raise InvalidRequest("max_tokens must be above 0", param="max_tokens")
    extensions = extensions_of(wire)
    if wire.keep_alive is not None:
        extensions[KEEP_ALIVE] = Raw(_ENCODER.encode(wire.keep_alive))
    asks_logprobs = wire.logprobs is not None
    alternatives = whole(wire, "logprobs", wire.logprobs)
    return GenerateRequest(
        model=model,
        suffix=wire.suffix or "",
        continues=True,
        options=decode_sampling(wire, limit),
        logprobs=asks_logprobs,
        top_logprobs=decode_top_logprobs(asks_logprobs, alternatives, member="logprobs"),
        extensions=extensions,
        dropped=dropped,
    )


def _dropped(wire: WirePrompts, each: int) -> tuple[str, ...]:
    best_of = whole(wire, "best_of", wire.best_of) or each
    lost = {"stop": loses_stops(wire.stop), "best_of": best_of > each}
    return tuple(name for name, is_lost in lost.items() if is_lost)


def _repeated(request: GenerateRequest, prompt: str, times: int) -> Iterator[GenerateRequest]:
    """Ask a prompt several times. With one seed every answer would be the same."""
    first = replace(request, prompt=prompt)
    yield first
    seed = request.options.seed
    for time in range(1, times):
        if seed is UNSET or seed < 0:
            yield first
        else:
            yield replace(first, options=replace(request.options, seed=seed + time))


def _prompts(value: Any) -> tuple[str, ...]:
    match value:
        case None:
            return ("",)
        case str():
            return (value,)
        case [*texts] if texts and all(isinstance(text, str) for text in texts):
            return tuple(texts)
        case _:
            raise _no_prompt(value)


def _no_prompt(value: Any) -> InvalidRequest:
    # In the words of Ollama, which takes no list at all.
    fault = Fault(_KINDS[type(value)], TOP.inside(WirePrompts.GO_NAME, "prompt"), "string")
    return InvalidRequest(str(fault), param="prompt")


def _check_stops(value: Any) -> None:
    for stop in value if isinstance(value, list) else ():
        if not isinstance(stop, str):
            kind = _GO_KINDS[type(stop)]
            raise InvalidRequest(f"invalid type for 'stop' field: {kind}", param="stop")


def _count_of_each(wire: WirePrompts, prompts: int) -> int:
    each = whole(wire, "n", wire.n)
    each = 1 if each is None else each
    if not 1 <= each <= MOST_OF_ONE:
        raise InvalidRequest(f"n must be between 1 and {MOST_OF_ONE}", param="n")
    if prompts * each > MOST:
        raise InvalidRequest(f"at most {MOST} completions can be asked for at once", param="prompt")
    return each


def _echoes(wire: WirePrompts) -> bool:
    if wire.echo and wire.logprobs is not None:
        # They would have to be those of the prompt, too, which no other protocol tells.
        raise InvalidRequest("echo cannot have logprobs at this backend", param="echo")
    return bool(wire.echo)
