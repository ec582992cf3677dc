"""What a backend does not name as lost, its upstream is told: `chat_losses` and its like."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from msgspec.structs import fields

from ports.chat import (
    Audio,
    ChatRequest,
    Document,
    Image,
    ImageUrl,
    JsonFormat,
    Message,
    Options,
    Tool,
)
from ports.embed import EmbedRequest
from ports.errors import InvalidRequest
from ports.generate import GenerateRequest
from tests.contracts.loss_cases import CHAT, EMBEDDINGS, PROMPTS, Case
from tests.contracts.outcomes import KINDS, Kind, offline

ALL = (*CHAT, *PROMPTS, *EMBEDDINGS)


@pytest_asyncio.fixture(params=KINDS)
async def kind(request: pytest.FixtureRequest) -> AsyncIterator[Kind]:
    async with KINDS[request.param]() as kind:
        yield kind


async def test_what_is_not_named_as_lost_reaches_the_upstream(kind: Kind) -> None:
    wrong = []
    for case in ALL:
        try:
            await kind.outcome(case)
        except AssertionError as error:
            wrong.append(str(error))

    assert wrong == []


async def test_a_plain_request_loses_nothing(kind: Kind) -> None:
    plain = {id(case.base): case.base for case in ALL}.values()

    assert {kind.losses(request) for request in plain if not _is_shaped(request)} == {()}


def _is_shaped(request: object) -> bool:
    """Whether it asks for a schema, or for more thinking than a switch: no plain request."""
    return bool(getattr(request, "format", None) or getattr(request, "think", None)) or bool(
        getattr(request, "system", "") or getattr(request, "logprobs", False)
    )


async def test_the_embedded_backend_names_what_an_answer_would_show() -> None:
    async with offline() as kind:
        named = {case.label for case in CHAT if kind.losses(case.asked)}
        refused = {
            case.label for case in CHAT if not kind.losses(case.asked) and await refuses(kind, case)
        }

    assert named == {"logprobs", "top_logprobs"} | {
        case.label for case in CHAT if case.label.startswith("openai.") and not case.here
    }
    assert refused == {"messages.parts: another of OpenAI's"}


async def refuses(kind: Kind, case: Case) -> bool:
    try:
        await kind.say(case.asked)
    except InvalidRequest:
        return True
    return False


NO_QUESTION = {
    ChatRequest: {"model", "caller", "dropped", "think_if_able", "options", "messages"},
    GenerateRequest: {
        *("model", "dropped", "prompt", "options", "top_logprobs", "extensions"),
        *("raw", "continues", "template"),
    },
    EmbedRequest: {"model", "inputs", "dropped", "options", "extensions"},
    Message: {"role", "parts", "tool_calls", "tool_call_id", "tool_name", "extensions"},
    Options: {"extensions"},
    JsonFormat: {"schema"},
    Tool: {"name", "description", "parameters"},
}
"""What is about the request itself, or cannot be left out of it, or is asked under other names."""

PLACES = {
    ChatRequest: (CHAT, ""),
    GenerateRequest: (PROMPTS, ""),
    EmbedRequest: (EMBEDDINGS, ""),
    Message: (CHAT, "messages."),
    Options: (CHAT, "options."),
    JsonFormat: (CHAT, "format."),
    Tool: (CHAT, "tools."),
}


@pytest.mark.parametrize("kind_", PLACES)
def test_every_field_of_the_neutral_form_has_a_case(kind_: type) -> None:
    cases, place = PLACES[kind_]
    asked = {case.loss for case in cases}
    if kind_ is ChatRequest:
        asked.add("extensions")

    missing = {
        field.name
        for field in fields(kind_)
        if field.name not in NO_QUESTION[kind_] and f"{place}{field.name}" not in asked
    }

    assert missing == set()


@pytest.mark.parametrize("part", [Image, ImageUrl, Audio, Document])
def test_every_kind_of_part_has_a_case(part: type) -> None:
    given = {
        type(found)
        for case in CHAT
        if isinstance(case.asked, ChatRequest)
        for message in case.asked.messages
        for found in message.parts
    }

    assert part in given


def test_a_case_asks_for_something() -> None:
    assert [case.label for case in ALL if case.asked == case.base] == []
    assert len({(type(case.base), case.label) for case in ALL}) == len(ALL)
