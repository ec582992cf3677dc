"""Chunks in the making: neighbours are joined, and a whole answer comes apart."""

from __future__ import annotations

from adapters.dialects.upstreams.batches import Batch
from ports.chat import (
    TextChunk,
    ThinkingChunk,
    ToolCall,
    ToolCallChunk,
)

CALL = ToolCallChunk(call=ToolCall(id="x", name="f", arguments="{}"))


def test_pieces_that_follow_each_other_are_one_chunk() -> None:
    batch = Batch()
    for piece in ("a", "b"):
        batch.think(piece)
    for piece in ("c", "d"):
        batch.say(piece)
    batch.think("e")

    assert batch.take() == [
        ThinkingChunk(text="ab"),
        TextChunk(text="cd"),
        ThinkingChunk(text="e"),
    ]


def test_a_whole_chunk_keeps_its_place() -> None:
    batch = Batch()
    batch.say("a")
    batch.add(CALL)
    batch.say("b")

    assert batch.take() == [TextChunk(text="a"), CALL, TextChunk(text="b")]


def test_a_signature_ends_the_thinking_that_waits_and_may_stand_alone() -> None:
    batch = Batch()
    batch.think("a")
    batch.think("b")
    batch.sign("1")
    batch.say("c")
    batch.sign("2")

    assert batch.take() == [
        ThinkingChunk(text="ab", signature="1"),
        TextChunk(text="c"),
        ThinkingChunk(text="", signature="2"),
    ]


def test_empty_pieces_are_nothing() -> None:
    batch = Batch()
    batch.say("")
    batch.think("")

    assert not batch
    assert batch.take() == []


def test_a_batch_is_empty_once_it_was_taken() -> None:
    batch = Batch()
    batch.say("a")
    assert batch
    first = batch.take()
    batch.think("b")

    assert first == [TextChunk(text="a")]
    assert batch.take() == [ThinkingChunk(text="b")]
    assert not batch
