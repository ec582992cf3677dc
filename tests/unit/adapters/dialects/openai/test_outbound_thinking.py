"""How many tokens thinking may cost, where that can be said."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import UNSET, Raw
from msgspec.structs import replace

from adapters.dialects.openai.outbound.model_profile import profile_of
from adapters.dialects.openai.outbound.rich_models import REASONING
from adapters.dialects.openai.outbound.servers import PROFILES
from ports.models import ModelInfo
from tests.unit.adapters.dialects.openai.sending import HELLO, added

OPENROUTER = PROFILES["openrouter"]


@pytest.mark.parametrize(
    ("name", "think", "fields"),
    [
        ("openrouter", "high", {"reasoning": {"max_tokens": 2000}}),
        ("openrouter", UNSET, {"reasoning": {"max_tokens": 2000}}),
        ("openrouter", False, {"reasoning": {"enabled": False}}),
        ("vllm", "high", {"reasoning_effort": "high", "thinking_token_budget": 2000}),
        ("vllm", UNSET, {"thinking_token_budget": 2000}),
        ("vllm", False, {"chat_template_kwargs": {"enable_thinking": False}}),
        ("openai", "high", {"reasoning_effort": "high"}),
        ("generic", UNSET, {}),
        ("deepseek", "high", {}),
    ],
)
def test_a_budget_is_told_where_there_is_a_word_for_it(
    name: str, think: Any, fields: dict[str, Any]
) -> None:
    asked = replace(HELLO, think=think, thinking_budget=2000)

    assert added(asked, profile=PROFILES[name]) == fields


def listed(**reasoning: Any) -> ModelInfo:
    return ModelInfo(id="m", extensions={REASONING: Raw(json.dumps(reasoning).encode())})


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"supports_max_tokens": False}, {"reasoning": {"effort": "high"}}),
        ({"supports_max_tokens": True}, {"reasoning": {"max_tokens": 2000}}),
        ({}, {"reasoning": {"max_tokens": 2000}}),
    ],
)
def test_a_model_that_takes_no_budget_is_told_the_effort(
    said: dict[str, Any], fields: dict[str, Any]
) -> None:
    profile = profile_of(listed(**said), OPENROUTER)

    assert added(replace(HELLO, think="high", thinking_budget=2000), profile=profile) == fields
