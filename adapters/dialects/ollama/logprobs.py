"""`logprobs` of an answer (docs/wire/ollama-api.md 3.4)."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import UNSET, Struct, UnsetType

from ports.chat import TokenLogprob


class WireLogprob(Struct, frozen=True, kw_only=True, gc=False):
    """A token and, where they were asked for, its alternatives."""

    token: str
    logprob: float
    bytes: tuple[int, ...] | UnsetType = UNSET
    top_logprobs: tuple[WireLogprob, ...] | UnsetType = UNSET


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
