"""A whole answer goes on as it came, and is not copied more often than it must be."""

from __future__ import annotations

import tracemalloc

import pytest

from adapters.dialects.relaying.answers import passed_on

SIZE = 8 * 1024 * 1024
TEXTS = {"ascii": b"word " * (SIZE // 5), "wide": "w\u00f6rd\U0001f600".encode() * (SIZE // 9)}


def named(_body: bytes) -> str:
    return "m"


@pytest.mark.parametrize("form", [b'{"model":"m","x":"%b"}', b'{"x":"%b","model":"m"}'])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize(("asked", "copies"), [("mine", 1), ("m", 0)])
def test_a_large_answer_is_copied_to_rename_it_and_else_not(
    form: bytes, text: bytes, asked: str, copies: int
) -> None:
    body = form % text
    tracemalloc.start()
    try:
        passed = passed_on(body, named, asked=asked)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert passed == body.replace(b'"m"', b'"%b"' % asked.encode())
    assert peak < (copies + 0.75) * len(body)


def test_what_is_no_utf_8_is_replaced_wherever_it_stands() -> None:
    body = b"[" + ("\u20ac" * SIZE).encode()[: SIZE // 4] + b"\xff]"

    passed = passed_on(body, lambda _: None, asked="m")

    assert passed == body.decode("utf-8", "replace").encode()
