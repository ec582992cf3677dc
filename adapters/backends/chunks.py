"""From an open answer to a stream of chunks, whatever the dialect."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import Protocol

from adapters.backends.upstream import Answer, Upstream
from ports.chat import ChatChunk, ChatStream
from ports.errors import BackendError


class ChunkReader(Protocol):
    """Reads one streamed answer of a dialect.

    `done` is true once the `FinishChunk` was handed out. `error` is an error that came behind
    chunks in the same read, which the next call would raise.
    """

    done: bool
    error: BackendError | None

    @abstractmethod
    def feed(self, data: bytes) -> Sequence[ChatChunk]:
        """Take one network read, return the chunks in it; there may be none."""

    @abstractmethod
    def finish(self) -> Sequence[ChatChunk]:
        """Say that the body has ended, return what was still to come, or raise."""


@contextmanager
def concealing(upstream: Upstream) -> Iterator[None]:
    """Take the upstream's own secrets out of an error that an answer turns out to be."""
    try:
        yield
    except BackendError as error:
        upstream.conceal(error)
        raise


@asynccontextmanager
async def reading(
    upstream: Upstream, answer: Answer, reader: ChunkReader
) -> AsyncIterator[ChatStream]:
    """Wait for the first chunk, then hand over the batches as they come."""
    with concealing(upstream):
        first = await _first(answer, reader)
    answer.patience.started()
    async with aclosing(_batches(upstream, answer, reader, first)) as batches:
        yield batches


async def _first(answer: Answer, reader: ChunkReader) -> Sequence[ChatChunk]:
    while data := await answer.read():
        if chunks := reader.feed(data):
            return chunks
    return reader.finish()


async def _batches(
    upstream: Upstream, answer: Answer, reader: ChunkReader, first: Sequence[ChatChunk]
) -> AsyncGenerator[Sequence[ChatChunk], None]:
    yield first
    with concealing(upstream):
        while not reader.done:
            if reader.error is not None:
                raise reader.error
            data = await answer.read()
            batch = reader.feed(data) if data else reader.finish()
            if batch:
                yield batch
    # The end of the body usually lies in the same packet: read it and the connection can be
    # used again.
    await answer.drain()
