"""A server is recognised by where it is, else by whose models it lists."""

from __future__ import annotations

import pytest

from adapters.dialects.openai.outbound.servers import PROFILES, detect

KNOWN = [
    ("api.openai.com", (), "openai"),
    ("API.OpenAI.com", ("vllm",), "openai"),
    ("api.groq.com", (), "groq"),
    ("api.deepseek.com", (), "deepseek"),
    ("api.mistral.ai", (), "mistral"),
    ("generativelanguage.googleapis.com", (), "gemini"),
    ("gpu01", ("vllm",), "vllm"),
    ("gpu01", ("someone", "llamacpp"), "llamacpp"),
    ("gpu01", ("someone",), "generic"),
    ("openai.example.com", (), "generic"),
]


@pytest.mark.parametrize(("host", "owners", "name"), KNOWN)
def test_a_server_is_recognised(host: str, owners: tuple[str, ...], name: str) -> None:
    assert detect(host, owners) == name
    assert name in PROFILES


def test_every_profile_that_the_settings_name_is_there() -> None:
    assert set(PROFILES) == {
        *("generic", "openai", "vllm", "llamacpp", "lmstudio", "litellm"),
        *("groq", "deepseek", "gemini", "mistral", "openrouter"),
    }
