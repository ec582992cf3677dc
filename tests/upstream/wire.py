"""Cutting HTTP/1.1 requests out of a stream of bytes."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

HEAD_END = b"\r\n\r\n"


class Received(Struct, frozen=True, kw_only=True):
    """One request as it arrived. Header names are in lower case; `at` is loop time."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    names: tuple[str, ...]
    """Of the headers, each as often as it came."""
    body: bytes
    connection: int
    at: float

    def json(self) -> Any:
        """Return the decoded JSON body; raises where it is none."""
        return msgspec.json.decode(self.body)

    @property
    def streamed(self) -> bool:
        """Whether the request asks for a stream."""
        return bool(self.body) and self.json().get("stream") is True


def cut_request(buffer: bytearray, *, connection: int, at: float) -> Received | None:
    """Take the first whole request off the buffer; `None` if it is not all there yet."""
    end = buffer.find(HEAD_END)
    if end < 0:
        return None
    line, *fields = bytes(buffer[:end]).decode("latin-1").split("\r\n")
    pairs = [(name.lower(), value.strip()) for name, _, value in (f.partition(":") for f in fields)]
    headers = dict(pairs)
    start = end + len(HEAD_END)
    whole = (
        _chunked(buffer, start)
        if headers.get("transfer-encoding", "").lower() == "chunked"
        else _counted(buffer, start, int(headers.get("content-length", "0")))
    )
    if whole is None:
        return None
    body, stop = whole
    del buffer[:stop]
    method, target, _ = line.split(" ", 2)
    path, _, query = target.partition("?")
    return Received(
        method=method,
        path=path,
        query=query,
        headers=headers,
        names=tuple(name for name, _ in pairs),
        body=body,
        connection=connection,
        at=at,
    )


def _counted(buffer: bytearray, start: int, length: int) -> tuple[bytes, int] | None:
    stop = start + length
    return (bytes(buffer[start:stop]), stop) if len(buffer) >= stop else None


def _chunked(buffer: bytearray, start: int) -> tuple[bytes, int] | None:
    body = bytearray()
    while (line_end := buffer.find(b"\r\n", start)) >= 0:
        size = int(bytes(buffer[start:line_end]).partition(b";")[0], 16)
        stop = line_end + 2 + size + 2
        if len(buffer) < stop:
            return None
        if size == 0:
            return bytes(body), stop
        body += buffer[line_end + 2 : stop - 2]
        start = stop
    return None
