"""Thinking and its signature, packed for a client to bring back."""

from __future__ import annotations

import pytest

from adapters.dialects.openai.responses.packing import pack, unpack


@pytest.mark.parametrize(
    ("thinking", "signature"),
    [("let me think", ""), ("", "sig"), ("wörds \u2028 \x00", "EqQB+/="), ("a" * 100_000, "b")],
)
def test_what_is_packed_comes_back(thinking: str, signature: str) -> None:
    assert unpack(pack(thinking, signature)) == (thinking, signature)


def test_a_packed_word_is_safe_everywhere() -> None:
    assert pack("wörds <&>", "s").isascii()
    assert not set(pack("wörds <&>" * 50, "s")) & set(" \"'<>&=+/\n")


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "gAAAAAB",
        "let me think",
        "llamaport-1.",
        "llamaport-1.A",
        "llamaport-1.é",
        "llamaport-1.AAAA",
        "llamaport-2.kqFhoWI",
    ],
)
def test_what_was_not_packed_here_is_not_understood(foreign: str) -> None:
    assert unpack(foreign) is None


@pytest.mark.parametrize("cut", range(1, 40))
def test_what_was_cut_is_not_understood(cut: int) -> None:
    packed = pack("let me think about it for a while", "sig")

    assert unpack(packed[:-cut]) is None
