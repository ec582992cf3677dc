"""Tokens as OpenAI's clients read them (docs/wire/dialects.md 1.3)."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import UNSET

from adapters.dialects.openai.inbound.usage import added, encode_usage
from ports.chat import Usage

ONE = '{"prompt_tokens":0,"completion_tokens":1,"total_tokens":1'
BARE = '{"prompt_tokens":12,"completion_tokens":3,"total_tokens":15'
REASONED = '"completion_tokens_details":{"reasoning_tokens":2}'


@pytest.mark.parametrize(
    ("usage", "encoded"),
    [
        (Usage(prompt_tokens=12, completion_tokens=3), BARE + "}"),
        (
            Usage(prompt_tokens=12, completion_tokens=3, cached_tokens=0, reasoning_tokens=2),
            f'{BARE},"prompt_tokens_details":{{"cached_tokens":0}},{REASONED}}}',
        ),
        (
            Usage(completion_tokens=1, cache_write_tokens=4, cost=0.5),
            ONE + ',"prompt_tokens_details":{"cache_write_tokens":4},"cost":0.5}',
        ),
    ],
)
def test_of_what_was_counted_there_are_three_figures_and_details_where_they_are_known(
    usage: Usage, encoded: str
) -> None:
    assert msgspec.json.encode(encode_usage(usage)).decode() == encoded


def test_what_nobody_counted_has_no_figures() -> None:
    assert encode_usage(Usage()) is UNSET
    assert encode_usage(added([Usage(prompt_tokens=1, completion_tokens=2), Usage()])) is UNSET


def test_what_several_took_is_the_sum_of_what_each_took() -> None:
    first = Usage(prompt_tokens=1, completion_tokens=2, cached_tokens=1, cost=0.25)
    second = Usage(prompt_tokens=10, completion_tokens=20, cost=0.5)

    assert added([first]) == first
    assert added([first, second]) == Usage(prompt_tokens=11, completion_tokens=22, cost=0.75)
