"""What clients send to `/api/generate`, to neutral, and whole answers back.

Streams are in `generate_stream`. Nothing here knows a clock: times are arguments.
"""

from __future__ import annotations

from msgspec import UNSET
from msgspec.structs import asdict

from adapters.dialects.bodies.body import within_depth
from adapters.dialects.ollama.inbound.calls import Call
from adapters.dialects.ollama.inbound.formats import decode_format
from adapters.dialects.ollama.inbound.metrics import Moments, measure
from adapters.dialects.ollama.inbound.schema_generate import GENERATE, WireGenerate
from adapters.dialects.ollama.inbound.thinking import decode_think
from adapters.dialects.ollama.logprobs import encode_logprobs
from adapters.dialects.ollama.replies import WireCompletion, done_reason, encode, encode_calls
from adapters.dialects.requests.durations import decode_keep_alive
from adapters.dialects.requests.extensions import decode_extensions
from adapters.dialects.requests.images import decode_image
from adapters.dialects.requests.logprobs import decode_top_logprobs
from adapters.dialects.requests.options import decode_options
from adapters.dialects.wire.timestamps import rfc3339
from ports.chat import ChatResponse
from ports.errors import ModelNotFound
from ports.generate import GenerateRequest


@within_depth
def decode_generate(body: bytes) -> Call[GenerateRequest]:
    """Decode `/api/generate`. The model's name stays as it was sent.

    Raises `InvalidRequest` with Ollama's texts (docs/wire/ollama-api.md 2.1, 2.2, 2.4 to
    2.7), and `ModelNotFound` if no model is named at all.
    """
    return _call(GENERATE.decode(body))


def encode_generate(
    model: str, response: ChatResponse, moments: Moments, *, alternatives: bool = False
) -> bytes:
    """Encode a whole answer, without a newline. `model` is the name the client sent.

    `alternatives` tells whether the client asked for other likely tokens.
    """
    completion = WireCompletion(
        model=model,
        created_at=rfc3339(moments.created_at_ns),
        response=response.text,
        thinking=response.thinking or UNSET,
        done_reason=done_reason(response.reason),
        tool_calls=encode_calls(response.tool_calls, with_ids=False) or UNSET,
        logprobs=encode_logprobs(response.logprobs, alternatives=alternatives) or UNSET,
        **asdict(measure(response.usage, response.timing, moments)),
    )
    return encode(completion)


def encode_load(model: str, now_ns: int, *, unload: bool) -> bytes:
    """Encode the answer to a request without a prompt: no figures (ollama-api.md 2.9)."""
    reason = "unload" if unload else "load"
    return encode(WireCompletion(model=model, created_at=rfc3339(now_ns), done_reason=reason))


def _call(wire: WireGenerate) -> Call[GenerateRequest]:
    """Check in Ollama's order: what its decoder sees, the range, the name, the rest."""
    keep_alive = decode_keep_alive(wire.keep_alive)
    think = decode_think(wire.think)
    images = tuple(decode_image(image) for image in wire.images or () if image)
    top_logprobs = decode_top_logprobs(wire.logprobs, wire.top_logprobs)
    model = wire.model or ""
    if not model.strip():
        raise ModelNotFound(model)
    prompt = wire.prompt or ""
    request = GenerateRequest(
        model=model,
        prompt=prompt,
        suffix=wire.suffix or "",
        system=wire.system or "",
        template=wire.template or "",
        context=tuple(token or 0 for token in wire.context or ()),
        images=images,
        raw=bool(wire.raw),
        format=decode_format(wire.format) if prompt else None,
        options=decode_options(wire.options),
        think=think,
        logprobs=bool(wire.logprobs),
        top_logprobs=top_logprobs,
        extensions=decode_extensions(
            keep_alive=wire.keep_alive, truncate=wire.truncate, shift=wire.shift
        ),
    )
    return Call(
        request=request,
        loads=not prompt,
        stream=wire.stream is not False,
        keep_alive=keep_alive,
        debug_render_only=bool(wire.debug_render_only),
    )
