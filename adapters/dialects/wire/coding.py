"""Content codings undone as the data comes, in pieces of a bounded size.

A kilobyte may stand for gigabytes: no more is made at a time than is asked for. And data that ends
before its coding does is told from a whole one.
"""

from __future__ import annotations

import sys
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Final

PIECE = 256 * 1024
"""Most bytes that are made at a time."""

MOST_MEMBERS = 1000
"""Most members (gzip) or frames (zstd) that one body may consist of: each costs something, even
the ones in which there is nothing."""

_DEFLATED = 8
"""The one method that zlib's head names."""

_WINDOW_LOG = 23
"""What a zstd frame may make us remember of it, as a power of two: 8 MiB (RFC 9659)."""


class NotValid(ValueError):
    """The data is not what its coding says."""


class _Member(ABC):
    """The decompressor of one member of a body, `_inner`, with the interface of `bz2`'s."""

    error: type[Exception]
    """What it raises for data that is none of its coding."""
    _inner: Any

    @property
    def eof(self) -> bool:
        """Whether the member is over."""
        return bool(self._inner.eof)

    @property
    def unused_data(self) -> bytes:
        """What came behind its end."""
        return bytes(self._inner.unused_data)

    @abstractmethod
    def decompress(self, data: bytes, /, max_length: int) -> bytes:
        """Take `data`; return what is known then, at most `max_length` bytes of it."""


class _ZlibMember(_Member):
    """`zlib`'s decompressor, which does not keep by itself what it has not got to."""

    error = zlib.error

    def __init__(self, wbits: int = 16 + zlib.MAX_WBITS) -> None:
        self._inner = zlib.decompressobj(wbits)

    def decompress(self, data: bytes, /, max_length: int) -> bytes:
        return bytes(self._inner.decompress(self._inner.unconsumed_tail + data, max_length))


class _DeflateMember(_ZlibMember):
    """What servers call deflate: with zlib's head, or wrongly without (RFC 9110 8.4.1.2)."""

    def __init__(self) -> None:
        super().__init__(zlib.MAX_WBITS)
        self._begun = False

    def decompress(self, data: bytes, /, max_length: int) -> bytes:
        if data and not self._begun:
            self._begun = True
            if data[0] & 0xF != _DEFLATED:
                self._inner = zlib.decompressobj(-zlib.MAX_WBITS)
        return super().decompress(data, max_length)


class _ZstdFrame(_Member):
    """zstd's decompressor. Its library is 0.7 MB and few send it: loaded for the first, in 2 ms."""

    def __init__(self) -> None:
        if sys.version_info >= (3, 14):
            from compression import zstd  # noqa: PLC0415
        else:
            from backports import zstd  # noqa: PLC0415
        self.error = zstd.ZstdError
        self._inner = zstd.ZstdDecompressor(
            options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
        )

    def decompress(self, data: bytes, /, max_length: int) -> bytes:
        return bytes(self._inner.decompress(data, max_length))


CODINGS: Final[dict[str, Callable[[], _Member]]] = {
    "zstd": _ZstdFrame,
    "gzip": _ZlibMember,
    "x-gzip": _ZlibMember,  # RFC 9110 8.4.1.3: the same
    "deflate": _DeflateMember,
}
"""By their names. Each value begins a member."""


class Decompression:
    """Undoes one coding of one body: feed it what arrives, take pieces until there is none."""

    __slots__ = ("_begin", "_given", "_input", "_member", "_members")

    def __init__(self, coding: str) -> None:
        self._begin = CODINGS[coding]
        self._input = b""
        self._given = False
        self._members = 1
        self._member = self._begin()

    @property
    def is_whole(self) -> bool:
        """Whether the data may end here, all pieces taken. Nothing at all is whole."""
        return self._member.eof or not self._given

    def feed(self, data: bytes) -> None:
        """Add what came, which may be cut anywhere."""
        self._input += data
        self._given = self._given or bool(data)

    def take(self, most: int = PIECE) -> bytes:
        """Return the next piece, empty if more must be fed first. Raises `NotValid`."""
        while True:
            if self._member.eof and not self._begin_next():
                return b""
            data, self._input = self._input, b""
            try:
                piece = self._member.decompress(data, max_length=most)
            except self._member.error as error:
                raise NotValid("not what its coding says") from error
            if piece or not self._member.eof:
                return piece

    def _begin_next(self) -> bool:
        """Begin the member behind one that is over; `False` if nothing of it has come."""
        rest = self._member.unused_data + self._input
        if not rest:
            return False
        self._members += 1
        if self._members > MOST_MEMBERS:
            raise NotValid("too many members")
        self._member = self._begin()
        self._input = rest
        return True
