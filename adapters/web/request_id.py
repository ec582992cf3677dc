"""What a request is called in answers, in the log, and at the upstream that it leads to.

A client, or the proxy before us, may have named it already.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from secrets import token_hex

from ports.request_id import HEADER

_RANDOM_BYTES = 12
_NAME = HEADER.encode()
_WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{1,128}")


def new_request_id() -> str:
    """Return `req_` and twenty-four of 0-9a-f, for one request only."""
    return f"req_{token_hex(_RANDOM_BYTES)}"


def given_request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the id that a request brings in `x-request-id`, empty if there is none to take.

    Well-formed are 1 to 128 of A-Z, a-z, 0-9, `.`, `_`, `-`: nothing that could end a line of the
    log or a header. Of several the first counts.
    """
    for name, value in headers:
        if name == _NAME:
            return value.decode() if _WELL_FORMED.fullmatch(value) else ""
    return ""
