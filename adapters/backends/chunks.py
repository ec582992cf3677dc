"""From an open answer to a stream of chunks, whatever the dialect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from adapters.backends.answer import Answer
from adapters.backends.upstream import Upstream
from adapters.dialects.wire.reading import Reader, Reading
from ports.chat import ChatChunk, ChatStream
from ports.errors import BackendError
from ports.stream import Take


class ChunkReader(Reader[Sequence[ChatChunk]], Protocol):
    """Reads one streamed answer of a dialect.

    `done` is true once the `FinishChunk` was handed out, `stopped` if the server may go on to
    say what is of no use. What is wrong with an answer is raised, or is `error` if it came behind
    chunks in the same read.
    """

    stopped: bool


@contextmanager
def concealing(upstream: Upstream) -> Iterator[None]:
    """Take the upstream's own secrets out of an error that an answer turns out to be."""
    try:
        yield
    except BackendError as error:
        upstream.conceal(error)
        raise


async def batches(upstream: Upstream, answer: Answer, reader: ChunkReader) -> ChatStream:
    """Wait for the first chunk, then return the batches as they come."""
    with concealing(upstream):
        first = await _first(answer, reader)
    answer.patience.started()
    return _Batches(first, upstream, answer, reader)


async def _first(answer: Answer, reader: ChunkReader) -> Sequence[ChatChunk]:
    async for data in answer:
        if chunks := reader.feed(data):
            return chunks
    return reader.finish()


class _Batches(Reading[Sequence[ChatChunk]]):
    __slots__ = ("_chunk_reader", "_upstream")

    def __init__(
        self,
        first: Sequence[ChatChunk],
        upstream: Upstream,
        answer: Answer,
        reader: ChunkReader,
    ) -> None:
        super().__init__(first, answer, reader)
        self._upstream = upstream
        self._chunk_reader = reader

    async def pour(self, take: Take[Sequence[ChatChunk]], /) -> bool:
        """Hand over the batches."""
        with concealing(self._upstream):
            return await super().pour(take)

    async def _drain(self) -> None:
        if not self._chunk_reader.stopped:
            await super()._drain()
