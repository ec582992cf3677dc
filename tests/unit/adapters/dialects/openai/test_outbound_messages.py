"""Parts of messages, and what a turn has beside its words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.replay import Replay
from adapters.dialects.openai.outbound.request import encode_chat
from adapters.dialects.openai.outbound.servers import PROFILES
from ports.chat import (
    ChatRequest,
    Document,
    ForeignPart,
    Image,
    ImageUrl,
    Message,
    Part,
    Text,
    ToolCall,
)
from ports.errors import InvalidRequest
from tests.unit.adapters.dialects.openai.sending import GENERIC, sent_messages

PDF = Document(data=b"%PDF", media_type="application/pdf", name="a.pdf")
VIDEO = ForeignPart(
    kind="openai.video_url", raw=Raw(b'{"type":"video_url","video_url":{"url":"x"}}')
)
OPENROUTER = PROFILES["openrouter"]


def part_sent(part: Part, profile: Profile = GENERIC) -> dict[str, Any]:
    (message,) = sent_messages(
        Message(role="user", parts=(Text(text="see"), part)), profile=profile
    )
    sent: dict[str, Any] = message["content"][1]
    return sent


def test_an_address_of_an_image_goes_on_as_it_is() -> None:
    image = ImageUrl(url="https://example.org/a.png", detail="low")

    assert part_sent(image) == {
        "type": "image_url",
        "image_url": {"url": "https://example.org/a.png", "detail": "low"},
    }


@pytest.mark.parametrize("detail", ["", "high"])
def test_how_closely_to_look_is_said_where_the_client_says_it(detail: str) -> None:
    sent = part_sent(Image(data=b"x", media_type="image/png", detail=detail))["image_url"]

    assert sent.get("detail", "") == detail
    assert ("detail" in sent) is bool(detail)


@pytest.mark.parametrize("name", PROFILES)
def test_a_file_goes_where_files_are_taken_and_is_refused_elsewhere(name: str) -> None:
    if name in {"openai", "openrouter", "litellm"}:
        assert part_sent(PDF, PROFILES[name]) == {
            "type": "file",
            "file": {"file_data": "data:application/pdf;base64,JVBERg==", "filename": "a.pdf"},
        }
    else:
        with pytest.raises(InvalidRequest, match="file inputs are not supported"):
            part_sent(PDF, PROFILES[name])


def test_a_file_without_a_name_gets_one() -> None:
    sent = part_sent(Document(data=b"x", media_type="text/csv"), PROFILES["openai"])

    assert sent["file"]["filename"] == "file"


def test_a_part_of_the_servers_own_dialect_goes_on_verbatim() -> None:
    message = Message(role="user", parts=(VIDEO,))

    body = encode_chat(ChatRequest(model="m", messages=(message,)), stream=False, profile=GENERIC)

    assert bytes(VIDEO.raw) in body


def test_a_part_of_another_dialect_is_refused() -> None:
    part = ForeignPart(kind="anthropic.search_result", raw=Raw(b"{}"))

    with pytest.raises(InvalidRequest, match="search_result inputs are not supported"):
        part_sent(part)


@pytest.mark.parametrize("role", ["system", "user", "assistant"])
def test_who_speaks_is_told_to_servers_that_listen(role: Any) -> None:
    message = Message(role=role, parts=(Text(text="hi"),), author="ada")

    assert sent_messages(message, profile=PROFILES["openai"])[0]["name"] == "ada"
    assert "name" not in sent_messages(message)[0]


CALL = ToolCall(id="1", name="f", arguments="{}")
SPELLED = b'[ {"type": "reasoning.encrypted","data":"x","n":1.0} ]'


def thinking(**more: Any) -> Message:
    return Message(role="assistant", thinking="hm", tool_calls=(CALL,), **more)


def encoded(message: Message, profile: Profile, *replays: Replay | None) -> bytes:
    request = ChatRequest(model="m", messages=(message,))
    return encode_chat(request, stream=False, profile=profile, replays=iter(replays))


def turn(body: bytes) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(body)["messages"][0]
    return message


KEPT = thinking(extensions={"openai.reasoning_details": Raw(SPELLED)})


def test_details_that_a_client_kept_go_back_unmodified_and_instead_of_the_words() -> None:
    body = encoded(KEPT, OPENROUTER)

    assert SPELLED in body
    assert "reasoning" not in turn(body)


@pytest.mark.parametrize("name", sorted(PROFILES.keys() - {"openrouter"}))
def test_no_other_server_sees_details(name: str) -> None:
    assert b"reasoning_details" not in encoded(KEPT, PROFILES[name])


def test_what_a_client_kept_is_better_than_what_is_remembered_here() -> None:
    remembered = Replay(
        calls=(CALL,), reasoning_details=Raw(b'["other"]'), extra_content=(Raw(b'{"s":1}'),)
    )

    sent = turn(encoded(KEPT, OPENROUTER, remembered))

    assert sent["reasoning_details"] == json.loads(SPELLED)
    assert sent["tool_calls"][0]["extra_content"] == {"s": 1}


SIGNED = thinking(thinking_signature="sig")


def test_a_signature_goes_back_with_its_words() -> None:
    sent = turn(encoded(SIGNED, OPENROUTER))

    assert sent["reasoning_details"] == [
        {"type": "reasoning.text", "text": "hm", "signature": "sig", "index": 0}
    ]
    assert "reasoning" not in sent


def test_what_is_remembered_is_better_than_a_signature_alone() -> None:
    remembered = Replay(calls=(CALL,), reasoning_details=Raw(SPELLED))

    assert SPELLED in encoded(SIGNED, OPENROUTER, remembered)


def test_a_signature_is_nothing_to_servers_that_sign_nothing() -> None:
    sent = turn(encoded(SIGNED, PROFILES["vllm"]))

    assert sent["reasoning"] == "hm"
    assert "reasoning_details" not in sent


def test_thinking_without_a_signature_goes_as_words() -> None:
    sent = turn(encoded(thinking(), OPENROUTER))

    assert sent["reasoning"] == "hm"
    assert "reasoning_details" not in sent
