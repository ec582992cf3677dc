"""What a refusal teaches: real refusals of real servers, and how the request goes next."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapters.backends.openai_compatible.adaptation import adapted
from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.servers import PROFILES
from ports.errors import BackendRejected

TOO_LARGE = [
    (
        "'max_tokens' or 'max_completion_tokens' is too large: 32000. This model's maximum context"
        " length is 8192 tokens and your request has 50 input tokens (32000 > 8192 - 50)."
    ),
    (
        "This model's maximum context length is 4096 tokens. However, you requested 32000 output"
        " tokens and your prompt contains at least 50 input tokens."
    ),
    (
        "This model's maximum context length is 4097 tokens. However, you requested 33000 tokens"
        " (1000 in the messages, 32000 in the completion). Please reduce the length."
    ),
    (
        "This endpoint's maximum context length is 131072 tokens. However, you asked about 133000"
        " tokens (1000 of text input, 132000 in the output)."
    ),
    "max_tokens is too large: 100000. This model supports at most 16384 completion tokens.",
    "max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens for claude-3",
    "`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens`",
    "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
    "`inputs` tokens + `max_new_tokens` must be <= 8193. Given: 50 `inputs` tokens and 32000",
]
ABOUT_SOMETHING_ELSE = [
    (
        "This model's maximum context length is 8192 tokens. However, your messages have 9000"
        " tokens. Please reduce the length of the messages."
    ),
    "max_tokens must be at least 1, got -5.",
    "temperature must be at most 2",
    "the model 'm' does not exist",
]


@pytest.mark.parametrize("said", TOO_LARGE)
def test_a_limit_beyond_what_there_is_is_left_out_this_once(said: str) -> None:
    profile = PROFILES["vllm"]

    other = adapted(profile, BackendRejected(said))

    assert other is not None
    assert other.profile == replace(profile, max_tokens_field="")
    assert not other.lasts


@pytest.mark.parametrize("said", ABOUT_SOMETHING_ELSE)
def test_a_refusal_about_something_else_stands(said: str) -> None:
    assert adapted(PROFILES["openai"], BackendRejected(said)) is None


@pytest.mark.parametrize(
    ("profile", "said", "change"),
    [
        (
            "generic",
            (
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use"
                " 'max_completion_tokens' instead."
            ),
            {"max_tokens_field": "max_completion_tokens"},
        ),
        ("openai", "unknown field max_completion_tokens", {"max_tokens_field": "max_tokens"}),
        ("generic", "Unknown field: stream_options", {"stream_usage": False}),
        (
            "openai",
            "Unsupported parameter: 'parallel_tool_calls' is not supported with this model.",
            {"parallel_tool_calls": False},
        ),
        (
            "vllm",
            "thinking_token_budget is set but reasoning_config is not configured",
            {"budget_field": ""},
        ),
    ],
)
def test_a_models_own_way_is_kept(profile: str, said: str, change: dict[str, object]) -> None:
    other = adapted(PROFILES[profile], BackendRejected(said))

    assert other is not None
    assert other.profile == replace(PROFILES[profile], **change)
    assert other.lasts


@pytest.mark.parametrize("field", ["stream_options", "parallel_tool_calls"])
def test_what_was_not_sent_is_not_left_out(field: str) -> None:
    silent = Profile(stream_usage=False, parallel_tool_calls=False)

    assert adapted(silent, BackendRejected(f"unknown field {field}")) is None
