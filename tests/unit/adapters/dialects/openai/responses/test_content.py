"""Every kind of content part."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from ports.chat import Audio, Document, Image, ImageUrl, Part, Text
from ports.errors import InvalidRequest
from tests.unit.adapters.dialects.openai.responses.made import asked

PNG = b"\x89PNG\r\n\x1a\n"
PNG_URI = f"data:image/png;base64,{b64encode(PNG).decode()}"
PDF = b"%PDF-1.7"
WAV = b"RIFF\x00\x00\x00\x00WAVEfmt "


def parts(*content: Any) -> tuple[Part, ...]:
    return asked(input=[{"role": "user", "content": list(content)}]).messages[0].parts


@pytest.mark.parametrize(
    ("part", "made"),
    [
        ({"type": "input_text", "text": "a"}, Text(text="a")),
        ({"type": "input_text", "text": None}, Text(text="")),
        ({"type": "output_text", "text": "a", "annotations": [{}]}, Text(text="a")),
        ({"type": "refusal", "refusal": "no"}, Text(text="no")),
        (
            {"type": "input_image", "image_url": PNG_URI, "detail": "low"},
            Image(data=PNG, media_type="image/png", detail="low"),
        ),
        (
            {"type": "input_image", "image_url": PNG_URI, "file_id": None},
            Image(data=PNG, media_type="image/png"),
        ),
        (
            {"type": "input_image", "image_url": "https://example.com/x.png", "detail": "auto"},
            ImageUrl(url="https://example.com/x.png", detail="auto"),
        ),
        (
            {
                "type": "input_file",
                "filename": "a.pdf",
                "file_data": f"data:application/pdf;base64,{b64encode(PDF).decode()}",
            },
            Document(data=PDF, media_type="application/pdf", name="a.pdf"),
        ),
        (
            {
                "type": "input_audio",
                "input_audio": {"data": b64encode(WAV).decode(), "format": "wav"},
            },
            Audio(data=WAV, format="wav"),
        ),
    ],
)
def test_a_part_is_what_its_type_says(part: dict[str, Any], made: Part) -> None:
    assert parts(part) == (made,)


def test_a_message_of_many_parts_stays_one_in_their_order() -> None:
    image = {"type": "input_image", "image_url": PNG_URI}
    request = asked(
        input=[
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "a"},
                    image,
                    {"type": "input_text", "text": "b"},
                ],
            }
        ]
    )

    (message,) = request.messages

    assert message.parts == (
        Text(text="a"),
        Image(data=PNG, media_type="image/png"),
        Text(text="b"),
    )


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ({"type": "input_image", "image_url": "x.png"}, "invalid image input"),
        ({"type": "input_image"}, "invalid image input"),
        (
            {"type": "input_image", "file_id": "f"},
            "no files are kept here, send the data itself",
        ),
        (
            {"type": "input_file", "file_id": "f"},
            "no files are kept here, send the data itself",
        ),
        (
            {"type": "input_file", "file_url": "https://example.com/a.pdf"},
            "files are not fetched here, send the data itself",
        ),
        ({"type": "input_audio"}, "unknown content type: input_audio"),
        ({"type": "zz"}, "unknown content type: zz"),
        ({}, "unknown content type: "),
        ({"type": "input_text", "text": 5}, "Expected `str | null`, got `int` - at `$.text`"),
    ],
)
def test_a_part_that_cannot_be_handed_on_is_refused(part: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parts(part)

    assert caught.value.message == f"input[0]: content[0]: {says}"
    assert caught.value.param == "input[0].content[0]"


@pytest.mark.parametrize("content", [None, "", []])
def test_no_content_is_no_part(content: Any) -> None:
    (message,) = asked(input=[{"role": "user", "content": content}]).messages

    assert message.parts == ()


def test_a_result_may_hold_an_image() -> None:
    output = [{"type": "input_text", "text": "a"}, {"type": "input_image", "image_url": PNG_URI}]
    item = {"type": "function_call_output", "call_id": "c", "output": output}

    (message,) = asked(input=[item]).messages

    assert message.parts == (Text(text="a"), Image(data=PNG, media_type="image/png"))
