"""Tokens of a prompt: counted, or estimated."""

from __future__ import annotations

import pytest
from msgspec import Raw
from msgspec.structs import replace

from domain.aliases import Alias
from domain.chat import Chat
from domain.counting import Count, CountTokens, estimate
from domain.routing import Router
from ports.backend import Backend, TokenCounter
from ports.caller import ANYONE
from ports.chat import (
    Audio,
    ChatRequest,
    Document,
    ForeignPart,
    Image,
    ImageUrl,
    JsonFormat,
    Message,
    Part,
    Text,
    Tool,
    ToolCall,
)
from ports.errors import BackendUnavailable, ModelNotFound
from ports.models import ModelInfo
from tests.fakes.backend import FakeChat, backend
from tests.fakes.catalog import FakeCatalog
from tests.fakes.counter import FakeCounter

HI = ChatRequest(model="m", messages=(Message(role="user", parts=(Text(text="x" * 40),)),))


def counting(*backends: Backend, aliases: tuple[Alias, ...] = ()) -> CountTokens:
    return CountTokens(Chat(Router(backends, aliases)))


def only(counter: TokenCounter | None) -> Backend:
    served = backend("a", chat=FakeChat(), catalog=FakeCatalog(ModelInfo(id="m")))
    return replace(served, count=counter)


async def test_an_upstream_that_can_counts_what_it_would_be_asked_with() -> None:
    counter = FakeCounter(7)
    alias = Alias(name="team", target="a/m", system="Be brief.")
    subject = counting(only(counter), aliases=(alias,))

    assert await subject.count(replace(HI, model="team"), ANYONE) == Count(tokens=7, counted=True)

    (asked,) = counter.asked
    assert asked.model == "m"
    assert [message.role for message in asked.messages] == ["system", "user"]


@pytest.mark.parametrize(
    "counter", [None, FakeCounter(None), FakeCounter(BackendUnavailable("down"))]
)
async def test_an_estimate_is_given_where_nobody_counts(counter: TokenCounter | None) -> None:
    assert await counting(only(counter)).count(HI, ANYONE) == Count(tokens=10, counted=False)


async def test_a_model_that_is_not_there_has_no_tokens() -> None:
    with pytest.raises(ModelNotFound):
        await counting(only(None)).count(replace(HI, model="nope"), ANYONE)


PARTS: list[tuple[Part, int]] = [
    (Text(text="x" * 8), 2),
    (Text(text="x"), 1),
    (Image(data=b"x" * 9999, media_type="image/png"), 1000),
    (ImageUrl(url="https://example.com/a.png"), 1000),
    (Document(data=b"x", media_type="application/pdf"), 3000),
    (Audio(data=b"x", format="wav"), 3000),
    (ForeignPart(kind="openai.video_url", raw=Raw(b"{}")), 3000),
]


@pytest.mark.parametrize(("part", "tokens"), PARTS)
def test_text_is_estimated_by_its_characters_and_the_rest_by_the_piece(
    part: Part, tokens: int
) -> None:
    assert estimate(ChatRequest(model="m", messages=(Message(role="user", parts=(part,)),))) == (
        tokens
    )


def test_everything_a_model_reads_counts() -> None:
    call = ToolCall(id="c", name="name", arguments='{"a":123}123')
    message = Message(role="assistant", thinking="t" * 4, tool_calls=(call,))
    tool = Tool(name="tool", description="d" * 4, parameters=Raw(b'{"type":"object","x":""}'))
    schema = JsonFormat(schema=Raw(b'{"a":"12345678"}'))

    request = ChatRequest(model="m", messages=(message,), tools=(tool,), format=schema)

    assert estimate(request) == (4 + 4 + 12 + 4 + 4 + 24 + 16) / 4


def test_nothing_is_a_token_all_the_same() -> None:
    assert estimate(ChatRequest(model="m")) == 1
