"""Images, sounds and files by value and by address."""

from __future__ import annotations

from base64 import b64encode

import pytest

from adapters.dialects.openai.inbound.attachments import decode_audio, decode_file, decode_image
from ports.chat import Audio, Document, Image, ImageUrl
from ports.errors import InvalidRequest

PNG = b"\x89PNG\r\n\x1a\n rest"
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 "
WAV = b"RIFF\x00\x00\x00\x00WAVEfmt "
MP3 = b"ID3\x04 rest"
PDF = b"%PDF-1.7 rest"


def coded(data: bytes) -> str:
    return b64encode(data).decode()


@pytest.mark.parametrize(
    ("head", "data", "media_type"),
    [
        ("data:image/png;base64,", PNG, "image/png"),
        ("data:image/jpg;base64,", PNG, "image/png"),
        ("data:;base64,", WEBP, "image/webp"),
        ("DATA:image/PNG;BASE64,", PNG, "image/png"),
        ("data:image/png;name=a.png;base64,", PNG, "image/png"),
        ("data:application/octet-stream;base64,", b"unknown", "image/jpeg"),
    ],
)
def test_an_image_is_what_its_bytes_say(head: str, data: bytes, media_type: str) -> None:
    assert decode_image(head + coded(data), "low") == Image(
        data=data, media_type=media_type, detail="low"
    )


@pytest.mark.parametrize("data", ["iVBO Rw0K\nGgo", "iVBORw0KGgo", "iVBORw0KGgo="])
def test_padding_and_white_space_do_not_matter(data: str) -> None:
    assert decode_image(f"data:image/png;base64,{data}") == Image(
        data=PNG[:8], media_type="image/png"
    )


@pytest.mark.parametrize("url", ["https://example.com/a.png", "HTTP://example.com/a.png"])
def test_an_address_is_left_to_the_upstream(url: str) -> None:
    assert decode_image(url, "high") == ImageUrl(url=url, detail="high")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "iVBORw0KGgo=",
        "file:///etc/passwd",
        f"data:audio/wav;base64,{coded(WAV)}",
        "data:image/svg+xml,<svg/>",
        "data:image/png;base64,!!",
    ],
)
def test_what_is_no_image_is_refused_in_the_words_of_ollama(url: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode_image(url)

    assert caught.value.message == "invalid image input"


@pytest.mark.parametrize(
    ("data", "said", "container"),
    [(WAV, "wav", "wav"), (MP3, "wav", "mp3"), (b"raw", "mp3", "mp3"), (WAV, "flac", "wav")],
)
def test_a_sound_is_what_its_bytes_say_and_else_what_the_client_says(
    data: bytes, said: str, container: str
) -> None:
    decoded = decode_audio(coded(data), said)

    assert (decoded.data, decoded.format) == (data, container)
    assert isinstance(decoded, Audio)


def test_a_sound_in_an_unknown_container_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="expected wav or mp3"):
        decode_audio(coded(b"raw"), "flac")


@pytest.mark.parametrize(
    ("head", "data", "name", "media_type"),
    [
        ("data:application/pdf;base64,", PDF, "a.pdf", "application/pdf"),
        ("", PDF, "", "application/pdf"),
        ("data:text/plain;base64,", b"words", "a.bin", "text/plain"),
        ("", b"words", "a.csv", "text/csv"),
        ("", b"words", "", "application/octet-stream"),
    ],
)
def test_a_file_has_the_type_of_its_bytes_of_its_uri_or_of_its_name(
    head: str, data: bytes, name: str, media_type: str
) -> None:
    assert decode_file(head + coded(data), name) == Document(
        data=data, media_type=media_type, name=name
    )
