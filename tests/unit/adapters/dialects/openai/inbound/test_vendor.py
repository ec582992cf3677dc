"""What of a chat is lost, by the names of OpenAI's clients."""

from __future__ import annotations

import pytest
from msgspec import Raw

from adapters.dialects.openai.inbound.vendor import dropped_names


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        ("options.top_k", "top_k"),
        ("options.num_ctx", "num_ctx"),
        ("ollama.keep_alive", "keep_alive"),
        ("openai.logit_bias", "logit_bias"),
        ("think", "reasoning_effort"),
        ("thinking_budget", "reasoning.max_tokens"),
        ("format", "response_format"),
        ("format.strict", "response_format.json_schema.strict"),
        ("tools.strict", "tools.function.strict"),
        ("tool_choice", "tool_choice"),
        ("messages.author", "messages.name"),
        ("messages.openai.reasoning_details", "messages.reasoning_details"),
    ],
)
def test_losses_go_by_the_clients_own_names(loss: str, name: str) -> None:
    assert dropped_names(("tools[0]",), (loss,), {}) == ("tools[0]", name)


def test_nothing_lost_is_what_was_dropped_already() -> None:
    assert dropped_names((), (), {}) == ()
    assert dropped_names(("stop",), (), {}) == ("stop",)


@pytest.mark.parametrize(
    ("field", "spelled"),
    [
        ("store", "false"),
        ("service_tier", '"auto"'),
        ("modalities", '[ "text" ]'),
        ("metadata", "{ }"),
        ("logit_bias", "{}"),
        ("user", '""'),
        ("stop_token_ids", "[]"),
    ],
)
def test_what_asks_for_nothing_is_not_lost(field: str, spelled: str) -> None:
    sent = {f"openai.{field}": Raw(spelled.encode())}

    assert dropped_names((), (f"openai.{field}",), sent) == ()


@pytest.mark.parametrize(
    ("field", "spelled"), [("store", "true"), ("modalities", '["text","audio"]'), ("user", '"u"')]
)
def test_what_asks_for_something_is(field: str, spelled: str) -> None:
    sent = {f"openai.{field}": Raw(spelled.encode())}

    assert dropped_names((), (f"openai.{field}",), sent) == (field,)


def test_what_is_nested_too_deeply_to_be_spelled_anew_is_told() -> None:
    deep = {"openai.metadata": Raw(b"[" * 5000 + b"]" * 5000)}

    assert dropped_names((), ("openai.metadata",), deep) == ("metadata",)
