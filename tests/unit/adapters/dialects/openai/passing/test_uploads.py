"""A body is read as far as it takes to find the model; the rest is looked at as it passes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.dialects.openai.passing.uploads import (
    FORM_BYTES,
    OBJECT_BYTES,
    Upload,
    length_of,
    take,
)
from ports.errors import InvalidRequest, NotAllowed

FORM = "multipart/form-data; boundary=b"
MODEL = b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nmine\r\n'
FILE_HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
END = b"\r\n--b--\r\n"
BLOCK = b"\xff" * 32_768


class Body:
    """Pieces, and how many of them were taken."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            self.taken += 1
            yield piece


async def taken(content_type: str, *pieces: bytes, length: int | None = None) -> Upload:
    return await take(content_type, aiter(Body(*pieces)), length)


async def nobody(name: str, others: bool) -> None:
    raise AssertionError((name, others))


async def sent(upload: Upload, model: str) -> bytes:
    return b"".join([it async for it in upload.pieces(upload.begin(model), nobody)])


async def test_a_small_object_is_read_whole_and_only_its_model_changes() -> None:
    body = b' {"prompt":"x","model":"mine","n":1.50}'

    upload = await taken("application/json; charset=utf-8", body[:9], body[9:])

    assert (upload.content_type, upload.model, upload.rest) == ("application/json", "mine", None)
    assert upload.begin("mine") == body
    assert upload.begin("own") == body.replace(b'"mine"', b'"own"')


@pytest.mark.parametrize("body", [b'{"a":1}', b'{"model":null}', b'{"model":7}', b'{"model":" "}'])
async def test_an_object_may_name_no_model(body: bytes) -> None:
    upload = await taken("application/json", body)

    assert upload.model == ""
    assert upload.begin("own") == body


async def test_of_two_models_in_an_object_the_last_counts_and_goes_on_alone() -> None:
    upload = await taken("application/json", b'{"model":"a","model":"b"}')

    assert upload.model == "b"
    assert upload.begin("b") == b'{"model":"b"}'


@pytest.mark.parametrize("kind", ["", "application/x-www-form-urlencoded", "application/a+json"])
async def test_an_object_is_known_by_how_it_begins_where_nobody_says_what_it_is(kind: str) -> None:
    assert (await taken(kind, b' {"model":"mine"}')).content_type == "application/json"


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'{"MODEL":"x"}', b'{"model":"x"} {}', b"[" * 100_000, b'{"a":"\xff"'.rstrip()],
)
async def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        await taken("application/json", body)


async def test_an_empty_body_names_nothing() -> None:
    assert (await taken("application/json")).model == ""
    assert (await taken("")).held == b""


async def test_other_models_are_noticed() -> None:
    assert (await taken("application/json", b'{"model":"m","fallbacks":[]}')).others
    assert not (await taken("application/json", b'{"model":"m"}')).others


async def test_a_large_object_streams_behind_its_model() -> None:
    begin, block = b'{"model":"mine","image":"', b"A" * (OBJECT_BYTES // 8)
    body = Body(begin, *[block] * 20, b'"}')

    upload = await take("application/json", aiter(body), 10 * OBJECT_BYTES)

    assert upload.model == "mine"
    assert body.taken == 9
    assert len(upload.begin("own")) == len(begin) + 8 * len(block) - 1
    assert await sent(upload, "own") == begin.replace(b"mine", b"own") + block * 20 + b'"}'
    assert upload.length == 10 * OBJECT_BYTES


@pytest.mark.parametrize(
    "last", [b'","model":"x"}', b'"', b'","x":/**/1}', b'","MODEL":"x"}'], ids=str
)
async def test_a_large_object_that_turns_odd_does_not_end(last: bytes) -> None:
    block = b"A" * OBJECT_BYTES
    upload = await taken("application/json", b'{"model":"mine","image":"', block, last)

    with pytest.raises(InvalidRequest):
        await sent(upload, "own")


async def test_a_small_form_is_read_whole_and_only_its_model_changes() -> None:
    body = FILE_HEAD + b"x\r\n" + MODEL.rstrip(b"\r\n") + END

    upload = await taken(FORM, body[:50], body[50:])

    assert (upload.model, upload.rest) == ("mine", None)
    assert upload.begin("whisper-1") == body.replace(b"mine", b"whisper-1")


async def test_a_large_form_streams() -> None:
    body = Body(MODEL + FILE_HEAD, *[BLOCK] * 100, END)

    upload = await take(FORM, aiter(body), None)

    assert upload.model == "mine"
    assert body.taken == 3
    assert len(upload.held) < FORM_BYTES + len(BLOCK)
    assert await sent(upload, "own") == (
        MODEL.replace(b"mine", b"own") + FILE_HEAD + BLOCK * 100 + END
    )


async def test_a_model_behind_a_large_file_is_told_before_it_passes() -> None:
    upload = await taken(FORM, FILE_HEAD, BLOCK, BLOCK, BLOCK + b"\r\n", MODEL[:-2] + END)
    heard = []

    async def look(name: str, others: bool) -> None:
        heard.append((name, others))

    passed = [it async for it in upload.pieces(upload.begin("own"), look)]

    assert upload.model == ""
    assert heard == [("mine", False)]
    assert b"".join(passed) == FILE_HEAD + BLOCK * 3 + b"\r\n" + MODEL[:-2] + END


async def test_what_is_not_allowed_there_does_not_pass() -> None:
    more = MODEL.replace(b'"model"', b'"fallbacks"')
    upload = await taken(FORM, MODEL + FILE_HEAD, BLOCK, BLOCK, b"\r\n" + more[:-2] + END)
    passed = []

    async def look(name: str, others: bool) -> None:
        raise NotAllowed(f"{name} {others}")

    with pytest.raises(NotAllowed, match="mine True"):
        async for piece in upload.pieces(upload.begin("mine"), look):
            passed.append(piece)  # noqa: PERF401 - what came before the error counts

    assert b"fallbacks" not in b"".join(passed)


@pytest.mark.parametrize("last", [b"\r\n" + MODEL[:-2] + END, b"", b"\n--b\r\n" + END], ids=str)
async def test_a_large_form_that_turns_odd_does_not_end(last: bytes) -> None:
    upload = await taken(FORM, MODEL + FILE_HEAD, BLOCK, BLOCK, last)

    with pytest.raises(InvalidRequest):
        await sent(upload, "own")


async def test_anything_else_passes_unread() -> None:
    upload = await taken("audio/wav", b"RIFF", BLOCK, length=4 + len(BLOCK))

    assert (upload.model, upload.content_type) == ("", "audio/wav")
    assert upload.length == 4 + len(BLOCK)
    assert await sent(upload, "own") == b"RIFF" + BLOCK
    assert (await taken("", b"RIFF")).content_type == "application/octet-stream"


@pytest.mark.parametrize("kind", ["audio/\u00e9", "a/b\r\nx: y", "a" * 400, "multipart/form-data"])
async def test_a_content_type_that_cannot_be_sent_is_refused(kind: str) -> None:
    with pytest.raises(InvalidRequest):
        await taken(kind, b"x")


@pytest.mark.parametrize(
    ("header", "length"),
    [
        *(("0", 0), ("12", 12), ("", None), ("-1", None), ("1e3", None)),
        # Digits to Python, but no numbers to it, or to nobody else.
        *(("²", None), ("1²", None), ("٣", None), ("9" * 5000, None)),
    ],
)
def test_a_length_that_is_no_number_was_not_said(header: str, length: int | None) -> None:
    assert length_of(header) == length
