"""The neutral form of an embedding request and its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import UNSET, Raw, Struct, UnsetType

from ports.chat import NO_EXTENSIONS, Options, Timing, Usage


class EmbedRequest(Struct, frozen=True, kw_only=True):
    """Texts to embed with one model. `dimensions` above 0 asks for shorter vectors."""

    model: str
    inputs: tuple[str, ...]
    dimensions: int | UnsetType = UNSET
    truncate: bool = True
    """Whether a text that is too long for the model may be cut, or is an error."""
    options: Options = Options()
    extensions: Mapping[str, Raw] = NO_EXTENSIONS
    """As in `ChatRequest`."""
    dropped: tuple[str, ...] = ()
    """As in `ChatRequest`."""


class Vector(Struct, frozen=True, kw_only=True, gc=False):
    """One embedding."""

    values: Sequence[float]
    text: Raw | None = None
    """The same numbers as the upstream spelled them, a JSON array: whoever changes nothing
    about them need not print them anew."""


class EmbedResponse(Struct, frozen=True, kw_only=True):
    """One vector per input, in the order of the inputs, each of the same length."""

    vectors: tuple[Vector, ...]
    usage: Usage = Usage()
    timing: Timing = Timing()
    model: str = ""
