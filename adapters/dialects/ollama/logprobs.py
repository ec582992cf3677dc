"""`logprobs` and `top_logprobs` (docs/wire/ollama-api.md 2.2, 3.4)."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import UNSET, Struct, UnsetType

from ports.chat import TokenLogprob
from ports.errors import InvalidRequest

_MOST = 20


class WireLogprob(Struct, frozen=True, kw_only=True, gc=False):
    """A token and, where they were asked for, its alternatives."""

    token: str
    logprob: float
    bytes: tuple[int, ...] | UnsetType = UNSET
    top_logprobs: tuple[WireLogprob, ...] | UnsetType = UNSET


def decode_top_logprobs(logprobs: bool | None, top_logprobs: int | None) -> int:  # noqa: FBT001 - two members of a body
    """Return how many alternatives are asked for; none without `logprobs`.

    Raises `InvalidRequest` with Ollama's text for a number out of range.
    """
    most = top_logprobs or 0
    if not 0 <= most <= _MOST:
        raise InvalidRequest(f"top_logprobs must be between 0 and {_MOST}")
    return most if logprobs else 0


def encode_logprobs(
    logprobs: Iterable[TokenLogprob], *, alternatives: bool
) -> tuple[WireLogprob, ...]:
    """Turn log probabilities into wire ones.

    Upstreams send alternatives unasked; they go on only to clients that asked for them.
    """
    return tuple(
        WireLogprob(
            token=logprob.token,
            logprob=logprob.logprob,
            bytes=UNSET if logprob.bytes is None else logprob.bytes,
            top_logprobs=_alternatives(logprob) if alternatives else UNSET,
        )
        for logprob in logprobs
    )


def _alternatives(logprob: TokenLogprob) -> tuple[WireLogprob, ...] | UnsetType:
    return encode_logprobs(logprob.top, alternatives=False) or UNSET
