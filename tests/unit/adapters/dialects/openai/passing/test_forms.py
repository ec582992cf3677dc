"""A form is read in one way only, and the model is found wherever its part stands."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from adapters.dialects.openai.passing.forms import FormReader, boundary_of, content_type_of
from adapters.dialects.openai.passing.named import Named, renamed
from ports.errors import InvalidRequest

BOUNDARY = b"----formdata-7"


def part(content: bytes, name: str = "", *, head: str = "", more: str = "") -> bytes:
    disposition = head or f'Content-Disposition: form-data; name="{name}"'
    return b"--%b\r\n%b%b\r\n\r\n%b\r\n" % (BOUNDARY, disposition.encode(), more.encode(), content)


def form(*parts: bytes, end: bytes = b"--\r\n") -> bytes:
    return b"".join(parts) + b"--" + BOUNDARY + end


FILE = part(
    b"RIFF\r\n--\r\n----form\x00\xff", "file", more='; filename="a.wav"\r\nContent-Type: audio/wav'
)
MODEL = part(b"whisper-1", "model")
BODY = form(FILE, MODEL, part(b"en", "language"))


def read(pieces: Iterable[bytes]) -> FormReader:
    reader = FormReader(BOUNDARY)
    for piece in pieces:
        reader.feed(piece)
    reader.finish()
    return reader


@pytest.mark.parametrize("at", range(len(BODY)))
def test_the_model_is_found_however_the_network_cuts_the_body(at: int) -> None:
    reader = read((BODY[:at], BODY[at:]))

    assert reader.named is not None
    assert reader.named.name == "whisper-1"
    assert BODY[reader.named.start : reader.named.end] == b"whisper-1"
    assert not reader.others


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_it_is_found_in_small_pieces_too(size: int) -> None:
    reader = read(BODY[at : at + size] for at in range(0, len(BODY), size))

    assert reader.named is not None
    assert BODY[reader.named.start : reader.named.end] == b"whisper-1"


def test_it_is_known_as_soon_as_its_part_is_over() -> None:
    reader = FormReader(BOUNDARY)

    reader.feed(MODEL + b"--" + BOUNDARY)
    assert reader.named is None
    reader.feed(b"\r\n")
    assert reader.named is not None


def test_a_large_file_is_not_kept() -> None:
    reader = FormReader(BOUNDARY)
    reader.feed(FILE[:-10])

    for _ in range(100):
        reader.feed(b"x" * 65536)
        assert len(reader._held) < 100


HEADS = [
    'Content-Disposition: form-data; name="model"',
    "content-disposition:form-data;name=model",
    'Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name="model"',
    'Content-Disposition: form-data; name="model"\r\nContent-Transfer-Encoding: binary',
    'Content-Disposition: form-data; name="model"; ',
]


@pytest.mark.parametrize("head", HEADS)
def test_every_clients_way_to_write_it_is_understood(head: str) -> None:
    reader = read((form(part("mödel".encode(), head=head)),))

    assert reader.named is not None
    assert reader.named.name == "mödel"


def test_a_name_is_replaced_in_place_and_so_is_its_length() -> None:
    head = 'Content-Disposition: form-data; name="model"\r\nContent-Length: 4'
    for body, told in (
        (form(FILE, part(b"mine", "model")), b""),
        (form(part(b"mine", head=head)), b"4"),
    ):
        named = read((body,)).named
        assert named is not None

        sent = renamed(body, named, b"whisper-large")

        assert sent == body.replace(b"\r\nmine\r\n", b"\r\nwhisper-large\r\n").replace(
            b"Content-Length: " + told, b"Content-Length: 13" if told else b"Content-Length: "
        )
        again = read((sent,)).named
        assert again is not None
        assert again.name == "whisper-large"


@pytest.mark.parametrize("name", ["models", "Fallbacks", "fall%62acks", "api_base"])
def test_other_models_that_a_form_names_are_noticed(name: str) -> None:
    assert read((form(MODEL, part(b"x", name)),)).others


def test_a_form_without_a_model_or_without_parts_names_none() -> None:
    assert read((form(FILE),)).named is None
    assert read((form(part(b"", "model")),)).named == Named("", 66, 66)


ODD = {
    "two models": form(MODEL, FILE, MODEL),
    "another spelling": form(part(b"x", "Model")),
    "an escaped spelling": form(part(b"x", "m%6fdel")),
    "a quoted spelling": form(part(b"x", "mo\\del")),
    "spaces around it": form(part(b"x", " model")),
    "a second name": form(part(b"x", 'a"; name="model')),
    "a name in another alphabet": form(part(b"x", "a\"; name*=\"utf-8''model")),
    "a file as the model": form(part(b"x", 'model"; filename="x')),
    "an encoded model": form(part(b"x", "model", more="\r\nContent-Transfer-Encoding: base64")),
    "a model in UTF-16": form(
        part(b"x", "model", more="\r\nContent-Type: text/plain; charset=utf-16")
    ),
    "a model that is no text": form(part(b"\xff", "model")),
    "a long model": form(part(b"x" * 2000, "model")),
    "a header twice": form(
        part(b"x", "a", more='\r\nContent-Disposition: form-data; name="model"')
    ),
    "a folded header": form(part(b"x", "a", more='\r\n ; name="model"')),
    "a bare LF in the headers": form(
        part(b"x", "a", more='\nContent-Disposition: x; name="model"')
    ),
    "a bare CR in the headers": form(part(b"x", "a", more="\rx: y")),
    "no headers": b"--%b\r\n\r\nx\r\n--%b--" % (BOUNDARY, BOUNDARY),
    "no name": form(part(b"x", head="Content-Disposition: form-data")),
    "another disposition": form(part(b"x", head='Content-Disposition: attachment; name="a"')),
    "an open quote": form(part(b"x", head='Content-Disposition: form-data; name="a')),
    "a boundary after a bare LF": form(part(b"a\n--" + BOUNDARY + b"\nx", "file")),
    "a boundary inside a line": form(part(b"a--" + BOUNDARY, "file")),
    "a boundary that goes on": form(part(b"a\r\n--" + BOUNDARY + b"7\r\n", "file")),
    "spaces behind a boundary": BODY.replace(BOUNDARY + b"\r\n", BOUNDARY + b" \r\n", 1),
    "bare line ends": BODY.replace(b"\r\n", b"\n"),
    "something before": b"hello\r\n" + BODY,
    "an empty line before": b"\r\n" + BODY,
    "something behind": BODY + b"x",
    "another form behind": BODY + BODY,
    "no end": BODY[:-4],
    "half a part": BODY[:100],
    "endless headers": b"--%b\r\n" % BOUNDARY + b"a: b\r\n" * 10_000,
    "many spaces": form(part(b"x", head="Content-Disposition: form-data;" + " " * 16_000 + "x")),
    "nothing": b"",
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
@pytest.mark.parametrize("size", [1, 100_000])
def test_what_could_be_read_in_two_ways_is_refused(body: bytes, size: int) -> None:
    with pytest.raises(InvalidRequest):
        read(body[at : at + size] for at in range(0, len(body), size))


@pytest.mark.parametrize("at", range(len(FILE), len(FILE + MODEL + MODEL)))
def test_a_second_model_is_refused_before_its_value_is_over(at: int) -> None:
    body = form(MODEL, FILE, MODEL)
    reader = FormReader(BOUNDARY)

    with pytest.raises(InvalidRequest):
        for piece in (body[:at], body[at : len(MODEL + FILE) + len(MODEL) - 2], b"\r\n"):
            reader.feed(piece)


@pytest.mark.parametrize(
    ("content_type", "boundary", "sent"),
    [
        ("multipart/form-data; boundary=abc", b"abc", "multipart/form-data; boundary=abc"),
        ('multipart/form-data;boundary="a b:c"', b"a b:c", 'multipart/form-data; boundary="a b:c"'),
        (
            "Multipart/Form-Data; charset=utf-8; Boundary=----x",
            b"----x",
            "multipart/form-data; boundary=----x",
        ),
    ],
)
def test_a_boundary_is_sent_on_in_one_spelling(
    content_type: str, boundary: bytes, sent: str
) -> None:
    assert boundary_of(content_type) == boundary
    assert content_type_of(boundary) == sent


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary="',
        'multipart/form-data; boundary=a"b',
        "multipart/form-data; boundary=a; boundary=b",
        f"multipart/form-data; boundary={'a' * 71}",
        'multipart/form-data; boundary="a "',
        'multipart/form-data; boundary="a\\"b"',
        "multipart/form-data; boundary=\u00e9",
    ],
)
def test_a_boundary_that_cannot_be_told_is_refused(content_type: str) -> None:
    with pytest.raises(InvalidRequest):
        boundary_of(content_type)
