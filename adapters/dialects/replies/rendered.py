"""An error as it goes out to a client, whatever its dialect."""

from __future__ import annotations

from msgspec import Struct


class Rendered(Struct, frozen=True, kw_only=True):
    """Status, body and headers of one error answer.

    `headers` hold what the error adds (`content-type`, `retry-after`, `allow`), names in
    lower case; the length is the server's own business.
    """

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]
