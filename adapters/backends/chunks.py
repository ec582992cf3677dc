"""From an open answer to a stream of chunks, whatever the dialect."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from adapters.backends.answer import Answer
from adapters.backends.upstream import Upstream
from ports.chat import ChatChunk
from ports.errors import BackendError


class ChunkReader(Protocol):
    """Reads one streamed answer of a dialect.

    `done` is true once the `FinishChunk` was handed out, `stopped` if the server may go on to
    say what is of no use. `error` is an error that came behind chunks in the same read, which
    the next call would raise.
    """

    done: bool
    stopped: bool
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


async def batches(
    upstream: Upstream, answer: Answer, reader: ChunkReader
) -> AsyncGenerator[Sequence[ChatChunk], None]:
    """Wait for the first chunk, then return the batches as they come, for the caller to close."""
    with concealing(upstream):
        first = await _first(answer, reader)
    answer.patience.started()
    return _from(first, upstream, answer, reader)


async def _first(answer: Answer, reader: ChunkReader) -> Sequence[ChatChunk]:
    async for data in answer:
        if chunks := reader.feed(data):
            return chunks
    return reader.finish()


async def _from(
    first: Sequence[ChatChunk], upstream: Upstream, answer: Answer, reader: ChunkReader
) -> AsyncGenerator[Sequence[ChatChunk], None]:
    yield first
    with concealing(upstream):
        while not reader.done:
            if reader.error is not None:
                raise reader.error
            try:
                batch = reader.feed(await answer.__anext__())
            except StopAsyncIteration:
                batch = reader.finish()
            if batch:
                yield batch
    if not reader.stopped:
        # The end of the body usually lies in the same packet: read it and the connection can
        # be used again.
        await answer.drain()
