"""OpenRouter's `reasoning_details`, which come in pieces (docs/wire/dialects.md 8.6)."""

from __future__ import annotations

from msgspec import Raw, Struct
from msgspec.json import Decoder, Encoder

REASONING_DETAILS = "openai.reasoning_details"
"""Name of the extension of a message that holds a client's own."""

MAX_SIZE = 4 * 1024 * 1024
"""Bytes of the details of one answer that are kept; of larger ones none is."""

_PIECES = Decoder(list[dict[str, Raw]])
_STRING = Decoder(str)
_ENCODER = Encoder()
_JOINED = ("text", "summary", "data")
"""Members of which every piece holds a part. All others are said once, or again."""


def signed(thinking: str, signature: str) -> Raw:
    """Return details of thinking that only its words and their signature are known of.

    Without a `format` they count as Claude's, who signs what it thinks.
    """
    detail = {"type": "reasoning.text", "text": thinking, "signature": signature, "index": 0}
    return Raw(_ENCODER.encode([detail]))


class _Detail(Struct):
    """One detail: the members of its pieces, and the parts of those that are joined."""

    members: dict[str, Raw]
    parts: dict[str, list[str]]


class DetailPieces:
    """Joins the pieces of one streamed answer by their `index`, in order of appearance.

    A detail of one piece stays as it was spelled. What cannot be understood is not kept, and
    nothing is then: details are only of use whole.
    """

    __slots__ = ("_by_index", "_details", "_size")

    def __init__(self) -> None:
        self._details: list[_Detail] | None = []
        self._by_index: dict[bytes, _Detail] = {}
        self._size = 0

    def add(self, raw: Raw) -> None:
        """Take the details of one delta, a JSON array."""
        self._size += len(bytes(raw))
        if self._details is None or bytes(raw) == b"null":
            return
        try:
            pieces = _PIECES.decode(raw)
            if self._size > MAX_SIZE:
                self._details = None
                return
            for piece in pieces:
                self._add(self._details, {name: raw.copy() for name, raw in piece.items()})
        except (ValueError, RecursionError):
            self._details = None

    def join(self) -> Raw | None:
        """Return all details as a JSON array, `None` if there are none."""
        if not self._details:
            return None
        return Raw(_ENCODER.encode([_whole(detail) for detail in self._details]))

    def _add(self, details: list[_Detail], piece: dict[str, Raw]) -> None:
        index = bytes(piece.get("index", b""))
        known = self._by_index.get(index) if index else _last(details)
        if known is None or not _continues(piece, known, indexed=bool(index)):
            known = _Detail(members=piece, parts={})
            details.append(known)
            if index:
                self._by_index[index] = known
            return
        for name, value in piece.items():
            self._extend(known, name, value)

    def _extend(self, known: _Detail, name: str, value: Raw) -> None:
        if bytes(value) == b"null":
            return
        first = known.members.get(name)
        if name in _JOINED and first is not None and bytes(first) != b"null":
            if name not in known.parts:
                known.parts[name] = [_STRING.decode(first)]
            known.parts[name].append(_STRING.decode(value))
        else:
            known.members[name] = value


def _last(details: list[_Detail]) -> _Detail | None:
    return details[-1] if details else None


def _continues(piece: dict[str, Raw], known: _Detail, *, indexed: bool) -> bool:
    """Tell whether a piece belongs to a detail: of the same kind, and not with another id."""
    for name in ("type", "id"):
        said, before = piece.get(name), known.members.get(name)
        if _says(said) and _says(before) and said != before:
            return False
    # Without an index only running text is known to come in pieces.
    return indexed or "text" in piece or "summary" in piece


def _says(value: Raw | None) -> bool:
    return value is not None and bytes(value) != b"null"


def _whole(detail: _Detail) -> dict[str, Raw]:
    joined = {name: Raw(_ENCODER.encode("".join(of))) for name, of in detail.parts.items()}
    return detail.members | joined
