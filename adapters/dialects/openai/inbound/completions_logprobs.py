"""Log probabilities of a completion, in columns (docs/wire/dialects.md 5.2), unlike a chat's."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from msgspec import Struct

from ports.chat import TokenLogprob


class WireColumns(Struct, frozen=True, kw_only=True, gc=False):
    """One entry for each token, in every list.

    `top_logprobs` has the token itself among its alternatives, `text_offset` counts characters
    from the start of the choice's text.
    """

    tokens: list[str]
    token_logprobs: list[float]
    top_logprobs: list[dict[str, float]]
    text_offset: list[int]


def encode_columns(
    logprobs: Sequence[TokenLogprob], *, offset: int, alternatives: int
) -> WireColumns:
    """Turn the tokens of an answer, or of a piece that begins at `offset`, into columns.

    Upstreams send more alternatives than were asked for; they go on only as far as asked.
    """
    tokens = [logprob.token for logprob in logprobs]
    ends = list(accumulate(map(len, tokens), initial=offset))
    return WireColumns(
        tokens=tokens,
        token_logprobs=[logprob.logprob for logprob in logprobs],
        top_logprobs=[_alternatives(logprob, alternatives) for logprob in logprobs],
        text_offset=ends[:-1],
    )


def _alternatives(logprob: TokenLogprob, most: int) -> dict[str, float]:
    likeliest = {top.token: top.logprob for top in logprob.top[:most]}
    return {logprob.token: logprob.logprob} | likeliest
