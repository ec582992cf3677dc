"""Blocks that show a model something: text, images, documents, search results.

docs/wire/dialects.md 7.3. They stand in messages and in results of tools alike. Nothing is
ever fetched: an address goes on to the upstream, or is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from adapters.dialects.anthropic.inbound.aside import Aside
from adapters.dialects.anthropic.inbound.schema import WireBlock, WireSource, is_there
from adapters.dialects.requests.images import decode_loose_base64, media_type_of
from ports.chat import Document, Image, ImageUrl, Part, Text
from ports.errors import InvalidRequest

_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_PDF = "application/pdf"
_NO_IMAGE = "invalid image source"


def decode_content(
    content: str | Sequence[WireBlock | None] | WireBlock | None, aside: Aside
) -> Iterator[Part]:
    """Turn content into neutral parts; blocks that show nothing are dropped by their type.

    Raises `InvalidRequest` for what cannot be read, and for what only Anthropic could fetch.
    """
    match content:
        case None | "":
            return
        case str():
            yield Text(text=content)
        case WireBlock():
            yield from decode_shown(content, aside)
        case _:
            for block in content:
                yield from decode_shown(block or WireBlock(), aside)


def decode_shown(block: WireBlock, aside: Aside) -> Iterator[Part]:
    """Do the same for one block."""
    note_hints(block, aside)
    match block.type:
        case "text":
            if block.text:
                yield Text(text=block.text)
        case "image":
            yield _image(_source(block))
        case "document":
            yield from _document(block, _source(block), aside)
        case "search_result":
            yield _search_result(block, aside)
        case kind:
            aside.drop(f"content.{kind or 'type'}")


def note_hints(block: WireBlock, aside: Aside) -> None:
    """Note what a block carries beside its content."""
    aside.cache(block.cache_control)
    if is_there(block.citations):
        aside.drop("citations")


def _source(block: WireBlock) -> WireSource:
    return block.source if isinstance(block.source, WireSource) else WireSource()


def _image(source: WireSource) -> Image | ImageUrl:
    match source:
        case WireSource(type="base64", data=str() as data):
            return _decoded_image(data, source.media_type or "")
        case WireSource(type="url", url=str() as url) if _ADDRESS.match(url):
            return ImageUrl(url=url)
        case WireSource(type=None | "base64" | "url"):
            raise InvalidRequest(_NO_IMAGE)
        case _:
            raise InvalidRequest(
                f"{_NO_IMAGE} type: {source.type}. Only base64 and url images are supported."
            )


def _decoded_image(data: str, claimed: str) -> Image:
    try:
        decoded = decode_loose_base64(data)
    except InvalidRequest as error:
        raise InvalidRequest(f"invalid base64 image data: {error.message}") from error
    # What the bytes say counts; what the client says only where they say nothing.
    return Image(data=decoded, media_type=media_type_of(decoded) or claimed or "image/jpeg")


def _document(block: WireBlock, source: WireSource, aside: Aside) -> Iterator[Part]:
    """Turn a document into a file, and into text where it is text."""
    match source:
        case WireSource(type="base64", data=str() as data):
            if block.context:
                yield Text(text=block.context)
            yield _file(data, source.media_type or _PDF, block.title or "")
        case WireSource(type="text", data=str() as text):
            yield Text(text=_titled(block, text))
        case WireSource(type="content"):
            if head := _titled(block):
                yield Text(text=head)
            yield from decode_content(source.content, aside)
        case WireSource(type=None | "base64" | "text"):
            raise InvalidRequest("invalid document source")
        case _:
            raise InvalidRequest(
                f"invalid document source type: {source.type}. "
                "Only base64, text and content documents are supported."
            )


def _file(data: str, media_type: str, name: str) -> Document:
    try:
        return Document(data=decode_loose_base64(data), media_type=media_type, name=name)
    except InvalidRequest as error:
        raise InvalidRequest(f"invalid base64 document data: {error.message}") from error


def _titled(block: WireBlock, *texts: str) -> str:
    return "\n".join(filter(None, (block.title, block.context, *texts)))


def _search_result(block: WireBlock, aside: Aside) -> Text:
    address = block.source if isinstance(block.source, str) else ""
    found = [part.text for part in decode_content(block.content, aside) if isinstance(part, Text)]
    return Text(text="\n".join(filter(None, (block.title, address, *found))))
