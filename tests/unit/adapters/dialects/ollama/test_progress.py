"""Lines of progress, ours and an upstream's (docs/wire/ollama-api.md 3.8)."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.dialects.ollama.library import progress
from adapters.dialects.ollama.library.progress import (
    ProgressLines,
    encode_progress,
    encode_success,
    passed_on,
    require_nothing,
    succeeded,
)
from ports.errors import BackendFailed, BackendProtocolError, BackendUnavailable

PULLING = b'{"status":"pulling manifest"}\n'
LAYER = b'{"status":"pulling 5a946b3677ad","digest":"sha256:5a","total":644,"completed":1}\n'
SUCCESS = b'{"status":"success"}\n'
WHOLE = PULLING + LAYER + SUCCESS


def conceal(text: str) -> str:
    return text.replace("hunter2", "***")


async def collect(*pieces: bytes, fault: Exception | None = None) -> tuple[bytes, Exception | None]:
    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece
        if fault is not None:
            raise fault

    seen = []
    try:
        async for lines in passed_on(body(), ProgressLines(conceal)):
            seen.append(lines)  # noqa: PERF401 - what came before the error counts
    except (BackendFailed, BackendProtocolError, BackendUnavailable) as error:
        return b"".join(seen), error
    return b"".join(seen), None


def test_ours_ends_as_recorded():
    assert encode_progress("a", "success") == b'{"status":"a"}\n{"status":"success"}\n'
    assert encode_progress("a", error="<x>") == b'{"status":"a"}\n{"error":"\\u003cx\\u003e"}\n'
    assert encode_success() == b'{"status":"success"}'


@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_lines_pass_however_they_were_cut(size):
    pieces = [WHOLE[at : at + size] for at in range(0, len(WHOLE), size)]

    assert await collect(*pieces) == (WHOLE, None)


async def test_a_last_line_without_its_end_is_a_line():
    assert await collect(PULLING, SUCCESS[:-1]) == (PULLING + SUCCESS, None)


@pytest.mark.parametrize("pieces", [(), (PULLING,), (PULLING, LAYER)])
async def test_an_end_without_success_is_an_error(pieces):
    passed, error = await collect(*pieces)

    assert passed == b"".join(pieces)
    assert isinstance(error, BackendProtocolError)


@pytest.mark.parametrize("end", [b"\n", b"", b"\n" + SUCCESS])
async def test_an_error_of_the_upstream_ends_it_in_words_fit_for_a_client(end):
    line = b'{"error":"pull model manifest: Get \\"https://10.0.0.3:5000/v2\\": refused"}'

    passed, error = await collect(PULLING + line + end)

    assert passed == PULLING
    assert isinstance(error, BackendFailed)
    assert error.message.startswith("pull model manifest: ")
    assert "10.0.0.3" not in error.message


async def test_the_words_that_the_command_looks_for_stay():
    _, error = await collect(b'{"error":"%s"}\n' % progress.NO_SUCH_MODEL.encode())

    assert isinstance(error, BackendFailed)
    assert error.message == "pull model manifest: file does not exist"


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense\n",
        b"[1]\n",
        b'{"error":{"a":1}}\n',
        b'{"status":5}\n',
        b'{"status":"a","digest":"\xff"}\n',
    ],
)
async def test_what_is_no_progress_is_an_error(line):
    passed, error = await collect(PULLING + line)

    assert isinstance(error, BackendProtocolError)
    assert b"nonsense" not in passed


async def test_half_a_line_is_not_passed_on_when_the_connection_breaks():
    passed, error = await collect(PULLING, LAYER[:20], fault=BackendUnavailable("broke off"))

    assert passed == PULLING
    assert isinstance(error, BackendUnavailable)


async def test_a_line_without_an_end_is_given_up():
    _, error = await collect(*[b"x" * 65_536] * 20)

    assert isinstance(error, BackendProtocolError)


async def test_blank_lines_and_odd_characters_do_not_break_clients():
    odd = '{"status":"a\u2028<b>"}\n'.encode()

    passed, _ = await collect(b"\n" + odd + b"\r\n" + SUCCESS)

    assert passed == b'{"status":"a\\u2028\\u003cb\\u003e"}\n' + SUCCESS


async def test_no_line_tells_a_key_of_the_upstreams():
    passed, error = await collect(b'{"status":"at hunter2"}\n{"error":"bad hunter2"}\n')

    assert passed == b'{"status":"at ***"}\n'
    assert str(error) == "bad ***"


def test_success_is_success_and_nothing_else():
    assert succeeded(b'{"status": "success"}\n', conceal) == b'{"status":"success"}'
    for answer in (b"", b"<html>", b'{"detail":"please log in"}', b'{"status":"pulling"}'):
        with pytest.raises(BackendProtocolError):
            succeeded(answer, conceal)
    with pytest.raises(BackendFailed, match=r"^bad \*\*\*$"):
        succeeded(b'{"error":"bad hunter2"}', conceal)


def test_what_should_say_nothing_says_nothing():
    require_nothing(b"", conceal)
    for answer in (b"<html>", b'{"status":"success"}'):
        with pytest.raises(BackendProtocolError):
            require_nothing(answer, conceal)
    with pytest.raises(BackendFailed, match="disk full"):
        require_nothing(b'{"error":"disk full"}', conceal)


async def test_success_is_not_waited_behind():
    async def body() -> AsyncIterator[bytes]:
        yield WHOLE
        await asyncio.Event().wait()

    assert [lines async for lines in passed_on(body(), ProgressLines())] == [WHOLE]
    assert await collect(WHOLE + LAYER) == (WHOLE, None)
