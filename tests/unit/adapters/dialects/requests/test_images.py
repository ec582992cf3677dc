"""`images` (docs/wire/ollama-api.md 2.1, 8)."""

import base64

import pytest

from adapters.dialects.requests.images import decode_image, decode_loose_base64, sniff
from ports.chat import Audio, Image
from ports.errors import InvalidRequest


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"BM\0\0", "image/bmp"),
        (b"\0\0\0\x1cftypavif", "image/avif"),
        (b"\0\0\0\x1cftypheic", "image/heic"),
        (b"\0\0\0\x1cftypmp42", "image/jpeg"),
        (b"whatever", "image/jpeg"),
    ],
)
def test_an_image_is_known_by_its_first_bytes(head, media_type):
    assert sniff(head) == Image(data=head, media_type=media_type)


@pytest.mark.parametrize(
    ("head", "container"),
    [(b"RIFF\0\0\0\0WAVEfmt ", "wav"), (b"ID3\x04", "mp3"), (b"\xff\xfb\x90", "mp3")],
)
def test_a_sound_among_the_images_is_a_sound(head, container):
    assert sniff(head) == Audio(data=head, format=container)


@pytest.mark.parametrize("text", ["QUJDRA==", "QUJD\nRA==", "QUJDRA=\r\n=\n", "\nQUJDRA=="])
def test_line_breaks_do_not_matter(text):
    assert decode_image(text).data == b"ABCD"


def test_a_large_image_survives():
    data = bytes(range(256)) * 4096

    assert decode_image(base64.b64encode(data).decode()).data == data


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("data:image/png;base64,AAAA", 4),
        ("AAA", 0),
        ("AAAAA", 4),
        ("AAAA\nAAA", 5),
        ("AA\nA", 1),
        ("=", 0),
        ("A===", 1),
        ("AA=", 3),
        ("AA=A", 2),
        ("AA==A", 4),
        ("AA==AAAA", 4),
        ("AAA=A", 4),
        ("AA-A", 2),
        ("AAAA\u00e9", 4),
    ],
)
def test_the_byte_is_named_at_which_the_decoder_of_go_stops(text, at):
    with pytest.raises(InvalidRequest) as refused:
        decode_image(text)

    assert refused.value.message == f"illegal base64 data at input byte {at}"


@pytest.mark.parametrize("text", ["QUJDRA==", "QUJDRA", "QUJD RA", " QU\tJD\r\nRA= ", "QUJDRA="])
def test_loose_base64_may_have_white_space_and_no_padding(text):
    assert decode_loose_base64(text) == b"ABCD"


@pytest.mark.parametrize("text", ["@@", "QUJD-_", "A", "QU=JD"])
def test_what_is_no_base64_at_all_is_refused_loosely_too(text):
    with pytest.raises(InvalidRequest, match="illegal base64 data at input byte"):
        decode_loose_base64(text)
