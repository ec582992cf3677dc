"""What the offline backend says, and where the options cut it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # no stubs here
from msgspec import UNSET

from ports.chat import (
    Document,
    FinishReason,
    ForeignPart,
    Image,
    ImageUrl,
    JsonFormat,
    Message,
    Options,
    Text,
)
from ports.errors import CapabilityMissing, InvalidRequest, ModelNotFound
from tests.unit.adapters.backends.offline.talk import answer, asks, raw, says, shaped


async def test_it_says_what_it_is_and_repeats_the_message() -> None:
    reply = await answer(asks("Is the kettle on?"))

    assert "offline backend" in reply.text
    assert "Is the kettle on?" in reply.text
    assert reply.reason is FinishReason.STOP
    assert reply.model == "offline"


async def test_the_same_request_gets_the_same_answer() -> None:
    request = asks("Is the kettle on?", options=Options(seed=7))

    assert await answer(request) == await answer(request)


async def test_a_seed_changes_the_wording_only() -> None:
    texts = {(await answer(asks("kettle", options=Options(seed=n)))).text for n in range(6)}

    assert len(texts) > 1
    assert all("kettle" in text for text in texts)


async def test_it_reports_the_system_prompt_the_turn_and_the_images() -> None:
    picture = Message(
        role="user",
        parts=(Text(text="Look"), Image(data=b"\x89PNG", media_type="image/png")),
    )

    reply = await answer(asks(says("Be brief, please", "system"), "Hello", picture))

    assert "system prompt has 3 words" in reply.text
    assert "Message 2 of yours" in reply.text
    assert "1 image: PNG" in reply.text


async def test_an_empty_chat_is_answered_too() -> None:
    reply = await answer(asks())

    assert "You said nothing" in reply.text
    assert reply.usage.prompt_tokens == 0


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("Repeat: two  words", "two  words"),
        ("say hello", "hello"),
        ("Echo: a\nb", "a\nb"),
        ("Count to 5", "1 2 3 4 5"),
        ("count to 0", "0"),
    ],
)
async def test_it_does_what_needs_no_model(message: str, text: str) -> None:
    assert (await answer(asks(message))).text == text


@pytest.mark.parametrize(
    ("limit", "text", "reason"),
    [
        (2, "one two", FinishReason.LENGTH),
        (3, "one two three", FinishReason.STOP),
        (9, "one two three", FinishReason.STOP),
    ],
)
async def test_max_tokens_counts_words(limit: int, text: str, reason: FinishReason) -> None:
    reply = await answer(asks("Say: one two three", options=Options(max_tokens=limit)))

    assert reply.text == text
    assert reply.reason is reason
    assert reply.usage.completion_tokens == len(text.split())


async def test_an_answer_whose_budget_went_into_thinking_says_length() -> None:
    reply = await answer(asks("Say: hi", think=True, options=Options(max_tokens=4)))

    assert reply.text == ""
    assert len(reply.thinking.split()) == 4
    assert reply.reason is FinishReason.LENGTH
    assert reply.usage.reasoning_tokens == 4


@pytest.mark.parametrize("limit", [1, 5, 16, 20])
async def test_a_small_limit_is_kept_for_the_answer_if_thinking_was_not_asked_for(
    limit: int,
) -> None:
    request = asks("Count to 99", think=UNSET, options=Options(max_tokens=limit))

    reply = await answer(request)

    assert reply.thinking == ""
    assert len(reply.text.split()) == limit
    assert reply.reason is FinishReason.LENGTH


@pytest.mark.parametrize("spare", [0, -1])
async def test_a_limit_with_room_for_both_has_both(spare: int) -> None:
    thought = (await answer(asks("Count to 16", think=UNSET))).usage.reasoning_tokens or 0
    options = Options(max_tokens=thought + 16 + spare)

    reply = await answer(asks("Count to 16", think=UNSET, options=options))

    assert thought > 0
    assert (reply.thinking != "") is (spare == 0)
    assert len(reply.text.split()) == 16
    assert reply.reason is FinishReason.STOP


@pytest.mark.parametrize(
    ("stops", "text"),
    [
        (("three",), "one two "),
        (("e t",), "on"),
        (("four", "two"), "one "),
        (("nowhere", ""), "one two three four"),
        (("one",), ""),
    ],
)
async def test_the_earliest_stop_ends_the_answer(stops: tuple[str, ...], text: str) -> None:
    reply = await answer(asks("Say: one two three four", options=Options(stop=stops)))

    assert reply.text == text
    assert reply.reason is FinishReason.STOP


async def test_thinking_is_on_unless_it_is_refused_and_grows_with_the_level() -> None:
    lengths = [
        len((await answer(asks("Hi", think=think))).thinking)
        for think in (False, UNSET, "medium", "high", "max")
    ]

    assert lengths[0] == 0
    assert lengths[1] > 0
    assert lengths == sorted(set(lengths))


async def test_json_without_a_schema_is_an_object_with_the_message() -> None:
    reply = await answer(asks('Say "hi" \u00fc', format=JsonFormat()))

    assert json.loads(reply.text)["message"] == 'Say "hi" \u00fc'
    assert "\u00fc" in reply.text


async def test_a_format_is_satisfied_with_the_words_of_the_message() -> None:
    schema = {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer"},
            "units": {"enum": ["metric", "imperial"]},
        },
        "required": ["city", "days", "units"],
    }

    reply = await answer(asks("We stay in New York for 4 days, imperial", format=shaped(schema)))

    made = json.loads(reply.text)
    Draft202012Validator(schema).validate(made)
    assert made == {"city": "New York", "days": 4, "units": "imperial"}


async def test_a_format_may_be_cut_by_max_tokens() -> None:
    request = asks("hi", format=JsonFormat(), options=Options(max_tokens=2))

    reply = await answer(request)

    assert reply.text == '{"backend": "offline",'
    assert reply.reason is FinishReason.LENGTH


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (
            {"type": "object", "properties": {"a": {"type": "string", "pattern": "^x"}}},
            'format: the keyword "pattern" cannot be honoured at #/properties/a',
        ),
        (["no", "schema"], "format: the schema must be an object"),
    ],
)
async def test_a_format_that_cannot_be_honoured_is_the_callers_mistake(
    schema: object, message: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await answer(asks("hi", format=JsonFormat(schema=raw(schema))))

    assert caught.value.message == message


@pytest.mark.parametrize(
    ("model", "error"), [("offline-embed", CapabilityMissing), ("gpt", ModelNotFound)]
)
async def test_other_models_do_not_chat(model: str, error: type[Exception]) -> None:
    request = asks("hi")

    with pytest.raises(error):
        await answer(type(request)(model=model, messages=request.messages))


async def test_the_stop_that_ended_the_answer_is_named() -> None:
    async def stopped(**options: Any) -> str:
        asked = asks("Say: one two three four", options=Options(**options))
        return (await answer(asked)).stop_sequence

    assert await stopped(stop=("four", "three")) == "three"
    assert await stopped(stop=("five",)) == ""
    assert await stopped() == ""
    # The limit came first.
    assert await stopped(stop=("three",), max_tokens=1) == ""


async def test_it_says_of_addresses_and_files_that_it_has_them() -> None:
    parts = (
        Text(text="Look"),
        ImageUrl(url="https://example.org/a.png"),
        Document(data=b"%PDF", media_type="application/pdf"),
    )

    reply = await answer(asks(Message(role="user", parts=parts)))

    assert "1 image: an address" in reply.text
    assert "1 file: PDF" in reply.text


async def test_a_part_that_it_has_no_word_for_is_refused() -> None:
    part = ForeignPart(kind="openai.video_url", raw=raw({}))

    with pytest.raises(InvalidRequest, match="video_url inputs are not supported"):
        await answer(asks(Message(role="user", parts=(part,))))


async def test_thinking_is_no_longer_than_its_budget() -> None:
    async def thought(budget: int) -> str:
        return (await answer(asks("kettle", think="medium", thinking_budget=budget))).thinking

    free = (await answer(asks("kettle", think="medium"))).thinking
    assert await thought(1000) == free
    assert await thought(5) == " ".join(free.split()[:5])
