"""Which names look like one that nobody has."""

from __future__ import annotations

from itertools import product

import pytest

from domain.likeness import BESIDE, Likeness

FAMILIES = (
    "anthropic/claude",
    "deepseek/deepseek-v",
    "google/gemini",
    "google/gemma",
    "meta-llama/llama",
    "mistralai/mixtral",
    "openai/gpt",
    "openai/gpt-oss",
    "openai/o",
    "qwen/qwen",
    "x-ai/grok",
)
MANY = [
    f"{family}-{version}{ending}"
    for family, version, ending in product(
        FAMILIES, range(1, 10), ("", "-mini", "-instruct", "-coder", ":free")
    )
]


@pytest.mark.parametrize(
    ("asked", "likest"),
    [
        ("openai/gpt-5-min", "openai/gpt-5-mini"),
        ("openai/gtp-5-mini", "openai/gpt-5-mini"),
        ("oepnai/gpt-5-mini", "openai/gpt-5-mini"),
        ("OpenAI/GPT-5-Min", "openai/gpt-5-mini"),
        ("gpt-5-mini", "openai/gpt-5-mini"),
        ("openai/gpt-5-mini:fre", "openai/gpt-5-mini"),
        ("meta-lama/llama-3-instruct", "meta-llama/llama-3-instruct"),
        ("anthropic/claude-10", "anthropic/claude-1"),
    ],
)
def test_a_slip_anywhere_in_a_name_leads_to_the_one_that_was_meant(asked: str, likest: str) -> None:
    found = Likeness(MANY).nearest(asked)

    assert likest in found
    assert len(found) <= 3


def test_what_looks_like_none_of_them_has_no_likeness() -> None:
    assert Likeness(MANY).nearest("zzz") == ()
    assert Likeness([]).nearest("zzz") == ()


@pytest.mark.parametrize("asked", ["openai/gpt-5-min", "", "o" * 100, "zzz"])
def test_of_many_names_a_few_are_compared(asked: str) -> None:
    assert len(Likeness(MANY).beside(asked)) <= 3 * 2 * BESIDE
