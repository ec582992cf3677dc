"""A body on its way to an upstream, read as far as it takes to find the model.

Forms are looked into for 64 KiB, objects for 8 MiB: in their order of members the model may come
behind an image. What comes after that is looked at as it passes, and never held.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import msgspec
from msgspec import Raw, Struct
from msgspec.json import Decoder

from adapters.dialects.openai.passing import named
from adapters.dialects.openai.passing.forms import FormReader, boundary_of, content_type_of
from adapters.dialects.openai.passing.named import ModelReader
from adapters.dialects.openai.passing.objects import ObjectReader
from adapters.dialects.relaying.bodies import Members, leads_to_others, renamed
from ports.errors import InvalidRequest

FORM_BYTES: Final = 64 * 1024
OBJECT_BYTES: Final = 8 * 1024 * 1024
"""How far a model is looked for."""

JSON: Final = "application/json"
_FORM = "multipart/form-data"
_UNSAID = frozenset({"", "application/x-www-form-urlencoded"})
"""What curl says of any body unless it is told better."""
_LENGTH = re.compile(r"[0-9]{1,19}")
"""Python takes further characters for digits, some of which it reads no number from."""
_TYPE = re.compile(r"[\x20-\x7e]{1,300}")
_MEMBERS = Decoder(Members)

Look = Callable[[str, bool], Awaitable[None]]
"""Is told of a name, and whether there are others, that came after the first bytes have gone.
Raises if the body must not go on."""


class Upload(Struct, frozen=True, kw_only=True):
    """A body, the beginning of which is here.

    `content_type` is what the upstream is told, empty where an empty body came without one;
    `model` the one that is named, empty if none is so far; `others` as in `named.ModelReader`.
    """

    content_type: str
    model: str = ""
    others: bool = False
    held: bytes = b""
    rest: AsyncIterator[bytes] | None = None
    """What is still to come; `None` if nothing is."""
    length: int | None = None
    """Bytes of the whole body, if that was said."""
    reader: ModelReader | None = None
    members: Members | None = None

    def begin(self, model: str) -> bytes:
        """Return what is here, with the model named as the upstream does."""
        if not self.model:
            return self.held
        if self.members is not None:
            return renamed(self.held, self.members, model)
        if self.model == model or self.reader is None or self.reader.named is None:
            return self.held
        return named.renamed(self.held, self.reader.named, self.reader.spelled(model))

    async def pieces(self, begin: bytes, look: Look) -> AsyncIterator[bytes]:
        """Give all of it, as it comes; but the last byte only once the body is known to be good."""
        rest = self.rest or _nothing()
        if self.reader is None:
            yield begin
            async for piece in rest:
                yield piece
            return
        seen = (self.model, self.others)
        yield begin[:-1]
        last = begin[-1:]
        async for piece in rest:
            self.reader.feed(piece)
            if (now := _seen(self.reader)) != seen:
                await look(*now)
                seen = now
            yield last + piece[:-1]
            last = piece[-1:]
        self.reader.finish()
        yield last


def length_of(header: str) -> int | None:
    """Return how long a body is by its `content-length`, `None` if that is no number of bytes."""
    return int(header) if _LENGTH.fullmatch(header) else None


async def take(content_type: str, body: AsyncIterator[bytes], length: int | None) -> Upload:
    """Read the beginning of a body. Raises `InvalidRequest` if it cannot be told what it is."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == _FORM:
        return await _take_form(content_type, body, length)
    first = await anext(body, b"")  # empty where there is no body
    is_object = kind == JSON or kind.endswith("+json")
    if is_object or (kind in _UNSAID and first.lstrip().startswith(b"{")):
        return await _take_object(first, body, length)
    if content_type and not _TYPE.fullmatch(content_type):
        raise InvalidRequest("the content type has characters that no header may have")
    if not first:
        return Upload(content_type=content_type)
    content_type = content_type or "application/octet-stream"
    # What is in it cannot be told, and it may be another model.
    return Upload(content_type=content_type, others=True, held=first, rest=body, length=length)


async def _take_form(content_type: str, body: AsyncIterator[bytes], length: int | None) -> Upload:
    boundary = boundary_of(content_type)
    reader = FormReader(boundary)
    held, ended = b"", False
    while len(held) < FORM_BYTES and not ended:
        piece = await anext(body, b"")
        reader.feed(piece)
        held += piece
        ended = not piece
    if ended:
        reader.finish()
    model, others = _seen(reader)
    return Upload(
        content_type=content_type_of(boundary),
        model=model,
        others=others,
        held=held,
        rest=None if ended else body,
        length=length,
        reader=reader,
    )


async def _take_object(first: bytes, body: AsyncIterator[bytes], length: int | None) -> Upload:
    pieces, size = [first], len(first)
    while size < OBJECT_BYTES and (piece := await anext(body, b"")):
        pieces.append(piece)
        size += len(piece)
    held = b"".join(pieces)
    if size < OBJECT_BYTES:
        return _whole_object(held)
    reader = ObjectReader()
    reader.feed(held)
    model, others = _seen(reader)
    return Upload(
        content_type=JSON,
        model=model,
        others=others,
        held=held,
        rest=body,
        length=length,
        reader=reader,
    )


def _whole_object(body: bytes) -> Upload:
    if not body.strip():
        return Upload(content_type=JSON, held=body)
    try:
        members = _MEMBERS.decode(body)
    except (ValueError, RecursionError):
        raise InvalidRequest("the body is not a JSON object") from None
    if any(key != "model" and key.casefold() == "model" for key in members):
        raise named.oddly_spelled()
    model = _model_of(members)
    if "model" in members and not model:
        # Of a name that is told twice the last one counts here, and is none.
        reader = ObjectReader()
        reader.feed(body)
    return Upload(
        content_type=JSON,
        model=model,
        others=leads_to_others(members),
        held=body,
        members=members,
    )


def _model_of(members: Members) -> str:
    try:
        model = msgspec.json.decode(members.get("model", Raw(b'""')), type=str)
    except ValueError:
        return ""
    return model if model.strip() else ""


def _seen(reader: ModelReader) -> tuple[str, bool]:
    name = "" if reader.named is None else reader.named.name
    return (name if name.strip() else ""), reader.others


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""
