"""What an OpenAI-compatible server is not told: the edges. tests/contracts has all of it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import Raw
from msgspec.structs import replace

from adapters.dialects.openai.outbound.losses import chat_losses, embed_losses, prompt_losses
from adapters.dialects.openai.outbound.model_profile import profile_of
from adapters.dialects.openai.outbound.servers import PROFILES
from ports.chat import NamedTool, Options, Tool
from ports.embed import EmbedRequest
from ports.generate import GenerateRequest
from ports.models import ModelInfo
from tests.cost import yardsticks
from tests.unit.adapters.dialects.openai.sending import GENERIC, HELLO, say

IDLE = Options(top_k=0, min_p=0.0, typical_p=1.0, repeat_penalty=1.0, repeat_last_n=0)
NUM_CTX = Options(extensions={"num_ctx": Raw(b"8192")})


def test_an_option_that_changes_nothing_is_no_loss() -> None:
    assert chat_losses(replace(HELLO, options=IDLE), GENERIC) == ()


@pytest.mark.parametrize(
    ("known", "lost"), [(None, True), (8191, True), (8192, False), (131072, False)]
)
def test_context_is_lost_unless_the_model_is_known_to_have_it(known: Any, lost: bool) -> None:
    profile = profile_of(ModelInfo(id="m", context_length=known), GENERIC)
    named = ("options.num_ctx",) if lost else ()

    assert chat_losses(replace(HELLO, options=NUM_CTX), profile) == named
    assert prompt_losses(GenerateRequest(model="m", options=NUM_CTX), profile) == named
    assert embed_losses(EmbedRequest(model="m", inputs=(), options=NUM_CTX), profile) == named


def test_a_context_that_is_no_number_is_lost() -> None:
    odd = Options(extensions={"num_ctx": Raw(b'"much"')})
    profile = profile_of(ModelInfo(id="m", context_length=8192), GENERIC)

    assert chat_losses(replace(HELLO, options=odd), profile) == ("options.num_ctx",)


@pytest.mark.parametrize(
    ("name", "think", "lost"),
    [
        ("openrouter", "high", ()),
        ("generic", "high", ("thinking_budget",)),
        ("generic", "max", ("thinking_budget",)),
        ("deepseek", "high", ("thinking_budget", "think")),
        ("vllm", "max", ()),
        ("generic", False, ()),
    ],
)
def test_a_budget_stands_instead_of_an_effort_or_the_effort_for_it(
    name: str, think: Any, lost: tuple[str, ...]
) -> None:
    asked = replace(HELLO, think=think, thinking_budget=2000)

    assert set(chat_losses(asked, PROFILES[name])) == set(lost)


@pytest.mark.parametrize("choice", ["required", NamedTool(name="f")])
def test_a_demand_for_a_call_is_lost_where_there_is_no_tool(choice: Any) -> None:
    asked = replace(HELLO, tool_choice=choice)

    assert chat_losses(asked, PROFILES["openai"]) == ("tool_choice",)
    assert chat_losses(replace(asked, tools=(Tool(name="f"),)), PROFILES["openai"]) == ()


@pytest.mark.parametrize("name", ["generic", "openrouter"])
def test_a_plain_request_costs_next_to_nothing(name: str) -> None:
    request = replace(
        HELLO, messages=(say("a", "system"), say("b")), options=Options(temperature=0.5, seed=1)
    )
    profile = PROFILES[name]

    def work() -> None:
        for _ in range(1000):
            chat_losses(request, profile)

    # A yardstick is some ten thousand microseconds: at most three for each.
    assert min(yardsticks(work) for _ in range(5)) < 0.5
