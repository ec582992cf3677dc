"""Which headers go on with what is passed on unread, and which come back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from adapters.dialects.replies.batches import Header
from ports.errors import BackendRefusal
from ports.raw import Headers, RawReply

EVENTS: Final = "text/event-stream"

_ASKED: Final = (
    *("accept", "openai-beta", "anthropic-beta", "anthropic-version", "range", "if-range"),
    *("if-match", "if-none-match", "if-modified-since", "if-unmodified-since"),
)
"""Those of a request, besides its type, in which a client says what it wants."""
_VALUE = re.compile(r"[\t\x20-\x7e]{1,1000}")

_ANYTHING = b"application/octet-stream"
_GUARDS: Final = (
    (b"x-content-type-options", b"nosniff"),
    # A picture may hold a script, which must not run as if it were a page of this server.
    (b"content-security-policy", b"sandbox"),
)
_UNBUFFERED: Final = ((b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no"))
_BODILESS = frozenset({204, 304})
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_END_OF_KIND = re.compile("[;,]")


def request_headers(headers: Mapping[str, str]) -> Headers:
    """Return what of a client's headers the upstream gets."""
    found = ((name, headers.get(name)) for name in _ASKED)
    return tuple((name, value) for name, value in found if value and _VALUE.fullmatch(value))


def answer_headers(reply: RawReply, longer: int) -> list[Header]:
    """Return what the client gets of an answer's, whose body is `longer` by so many bytes."""
    if reply.status in _BODILESS:
        return [header for header in _more(reply, 0) if header[0] != b"content-length"]
    kind = reply.conceal(reply.content_type)
    unbuffered = _UNBUFFERED if kind_of(reply) == EVENTS else ()
    return [
        (b"content-type", kind.encode() if _VALUE.fullmatch(kind) else _ANYTHING),
        *_GUARDS,
        *unbuffered,
        *_more(reply, longer),
    ]


def refusal_headers(refusal: BackendRefusal) -> list[Header]:
    """Return what the client gets of those of a refusal."""
    return [*((name.encode(), value.encode()) for name, value in refusal.headers), *_GUARDS]


def is_page(reply: RawReply) -> bool:
    """Tell whether an answer is a page for browsers.

    A file that has a name is none, nor is what has no body: frameworks call that HTML too.
    """
    told = dict(reply.headers)
    is_empty = reply.status in _BODILESS or told.get("content-length") == "0"
    return kind_of(reply) in _PAGES and "content-disposition" not in told and not is_empty


def kind_of(reply: RawReply) -> str:
    """Return the media type of an answer, without parameters; may be empty."""
    return _END_OF_KIND.split(reply.content_type)[0].strip().lower()


def _more(reply: RawReply, longer: int) -> Iterator[Header]:
    for name, value in reply.headers:
        is_length = name == "content-length" and value.isdecimal()
        said = str(int(value) + longer) if is_length else reply.conceal(value)
        yield name.encode(), said.encode()
