"""Log probabilities in columns (docs/wire/dialects.md 5.2)."""

from __future__ import annotations

import msgspec

from adapters.dialects.openai.inbound.completions_logprobs import encode_columns
from ports.chat import TokenLogprob

HEL = TokenLogprob(
    token="Hel",
    logprob=-0.5,
    top=(
        TokenLogprob(token="Hel", logprob=-0.5),
        TokenLogprob(token="J", logprob=-1.5),
        TokenLogprob(token="K", logprob=-2.5),
    ),
)
LO = TokenLogprob(token="lö", logprob=-0.25, top=(TokenLogprob(token="li", logprob=-0.125),))


def test_every_list_has_an_entry_for_each_token() -> None:
    columns = msgspec.to_builtins(encode_columns([HEL, LO], offset=7, alternatives=2))

    assert columns == {
        "tokens": ["Hel", "lö"],
        "token_logprobs": [-0.5, -0.25],
        "top_logprobs": [{"Hel": -0.5, "J": -1.5}, {"lö": -0.25, "li": -0.125}],
        "text_offset": [7, 10],
    }


def test_without_alternatives_the_token_itself_is_left() -> None:
    columns = encode_columns([HEL], offset=0, alternatives=0)

    assert columns.top_logprobs == [{"Hel": -0.5}]


def test_no_tokens_are_empty_lists() -> None:
    assert msgspec.to_builtins(encode_columns([], offset=3, alternatives=1)) == {
        "tokens": [],
        "token_logprobs": [],
        "top_logprobs": [],
        "text_offset": [],
    }
