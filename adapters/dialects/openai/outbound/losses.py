"""What an OpenAI-compatible server cannot be told of a request, or only nearly so.

The counterpart of what encodes it: whatever `request`, `completions` and `embeddings` leave out
is named here, by neutral names. docs/translation.md gives the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import UNSET, Raw
from msgspec.json import Decoder

from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.reasoning_details import REASONING_DETAILS
from adapters.dialects.requests.extensions import TRUNCATE
from adapters.dialects.requests.losing import (
    Heard,
    demands_call,
    lost_extensions,
    lost_in_messages,
)
from ports.chat import ChatRequest, Options
from ports.embed import EmbedRequest
from ports.generate import GenerateRequest

_IDLE: Mapping[str, float] = MappingProxyType(
    {"top_k": 0, "min_p": 0, "typical_p": 1, "repeat_penalty": 1, "repeat_last_n": 0}
)
"""Options that OpenAI has no name for, each with the value that changes nothing."""

_DETAILS = frozenset({REASONING_DETAILS})
_NONE: frozenset[str] = frozenset()
_NUMBER = Decoder(float)


def chat_losses(request: ChatRequest, profile: Profile) -> tuple[str, ...]:
    """Name what `request.encode_chat` leaves out or says otherwise."""
    lost = _options(request.options, profile)
    if not request.tools and demands_call(request):
        lost.append("tool_choice")
    if request.tools and not profile.strict_tools and any(t.strict is True for t in request.tools):
        lost.append("tools.strict")
    if request.format is not None and request.format.schema and not profile.json_schema:
        lost.append("format")
    if request.think or request.thinking_budget is not UNSET:
        lost += _thinking(request, profile)
    if not profile.logprobs:
        lost += _logprobs(request)
    lost += lost_in_messages(request.messages, _heard(profile))
    if request.extensions:
        lost += lost_extensions(request.extensions, profile.extensions)
    return tuple(lost)


def prompt_losses(request: GenerateRequest, profile: Profile) -> tuple[str, ...]:
    """Name what `completions.encode_completion` leaves out."""
    lost = _options(request.options, profile)
    if request.think:
        lost.append("think")
    lost += [name for name in ("system", "context") if getattr(request, name)]
    if not profile.logprobs:
        lost += _logprobs(request)
    if request.extensions:
        lost += lost_extensions(request.extensions, profile.prompt_extensions)
    return tuple(lost)


def embed_losses(request: EmbedRequest, profile: Profile) -> tuple[str, ...]:
    """Name what `embeddings.encode_embed` leaves out.

    Where nothing is sampled no sampling option is lost. Texts that are too long are cut, or not,
    on our side if need be.
    """
    lost = _vendor_options(request.options, profile, {})
    if request.extensions:
        lost += lost_extensions(request.extensions, {TRUNCATE, *profile.embed_extensions})
    return tuple(lost)


def _options(options: Options, profile: Profile) -> list[str]:
    lost: list[str] = []
    for name, idle in _IDLE.items():
        value = getattr(options, name)
        if value is not UNSET and value != idle and name not in profile.samplers:
            lost.append(f"options.{name}")
    if options.extensions:
        lost += _vendor_options(options, profile, profile.vendor_options)
    return lost


def _vendor_options(options: Options, profile: Profile, taken: Mapping[str, str]) -> list[str]:
    return [
        f"options.{name}"
        for name, raw in options.extensions.items()
        if name not in taken and not (name == "num_ctx" and _fits(raw, profile))
    ]


def _fits(num_ctx: Raw, profile: Profile) -> bool:
    """Tell whether the model is known to have as much context as was asked for."""
    try:
        return _NUMBER.decode(num_ctx) <= profile.context_length
    except ValueError:
        return False


def _thinking(request: ChatRequest, profile: Profile) -> list[str]:
    think = request.think
    if think is False:
        return []
    lost = []
    budgeted = request.thinking_budget is not UNSET
    if budgeted and not profile.budget_field:
        lost.append("thinking_budget")
    if think and profile.thinking == "omit":
        lost.append("think")
    # A budget stands instead of an effort there.
    instead = budgeted and profile.budget_field and profile.thinking == "reasoning"
    if isinstance(think, str) and think not in profile.efforts and not (instead or lost):
        lost.append("think")
    return lost


def _heard(profile: Profile) -> Heard:
    return Heard(
        authors=profile.authors,
        details=True,
        thinking=bool(profile.reasoning_field),
        signatures=profile.reasoning_details,
        extensions=_DETAILS if profile.reasoning_details else _NONE,
    )


def _logprobs(request: ChatRequest | GenerateRequest) -> list[str]:
    lost = ["logprobs"] if request.logprobs or request.top_logprobs else []
    return [*lost, "top_logprobs"] if request.top_logprobs else lost
