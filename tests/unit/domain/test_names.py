"""Globs over model names."""

from __future__ import annotations

import pytest

from domain.names import matches


@pytest.mark.parametrize(
    ("globs", "names", "passes"),
    [
        ((), ("x",), True),
        (("anthropic/*",), ("anthropic/claude",), True),
        (("anthropic/*",), ("openai/gpt",), False),
        (("anthropic/*", "!*:free"), ("anthropic/claude:free",), False),
        (("!*:free",), ("a/b",), True),
        (("!*:free",), ("a/b:free",), False),
        (("Fast",), ("fast",), False),
        (("fast", "cloud/*"), ("gpt", "cloud/gpt"), True),
        (("!cloud/*",), ("gpt", "cloud/gpt"), False),
        (("llama3",), ("llama3:latest",), True),
        (("llama3:latest",), ("llama3",), False),
        (("gpt-[45]*",), ("gpt-5-mini",), True),
    ],
)
def test_a_model_passes_a_filter(globs, names, passes) -> None:
    assert matches(globs, *names) is passes
