"""Globs over model names."""

from __future__ import annotations

import pytest

from domain.names import LONGEST, matches, plain


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
        (("!secret*",), ("SECRET:8b",), False),
        (("!Secret*",), ("secret:8b",), False),
        (("Open*", "!openSecret"), ("OpenSecret",), False),
    ],
)
def test_a_model_passes_a_filter(globs, names, passes) -> None:
    assert matches(globs, *names) is passes


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("secret:8b", "secret:8b"),
        (" a/b:free ", "a/b:free"),
        ("hf.co/a/b", "hf.co/a/b"),
        ("library/secret:8b", "secret:8b"),
        ("Library/Secret:8b", "Secret:8b"),
        ("registry.ollama.ai/library/secret:8b", "secret:8b"),
        ("https://REGISTRY.ollama.ai/library/secret:8b", "secret:8b"),
        ("registry.ollama.ai/me/x", "me/x"),
        ("registry.ollama.ai/library/library/x", "x"),
        ("x:latest", "x"),
        ("x:8b:local", "x:8b"),
        ("x:8b:LOCAL:latest", "x:8b"),
        ("my.library/x", "my.library/x"),
        ("a b", ""),
        ("a\u00a0b", ""),
        ("a\u200bb", ""),
        ("a\tb", ""),
        ("a\x00", ""),
        ("  ", ""),
        ("library/", ""),
        ("a" * LONGEST, "a" * LONGEST),
        ("a" * (LONGEST + 1), ""),
        ("a" + ":latest" * 100_000, ""),
    ],
)
def test_a_name_in_no_list_has_one_spelling(name: str, spelled: str) -> None:
    assert plain(name) == spelled
