"""What of a request is handed on to servers that know it, and what nobody can be told.

docs/wire/dialects.md 6.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec import Raw
from msgspec.json import Encoder

from adapters.dialects.openai.inbound import vendor
from adapters.dialects.openai.responses.schema import WireCreate, is_said
from adapters.dialects.requests.extensions import KEEP_ALIVE

_ENCODER = Encoder()
_VERBOSITY = f"{vendor.PREFIX}verbosity"
_KEPT = (f"{vendor.PREFIX}store", f"{vendor.PREFIX}metadata")
"""Is about keeping the response, which nobody does."""

_UNHEARD = (
    "metadata",
    "context_management",
    "access_programs",
    "image",
    "background_options",
    "max_tool_calls",
)
"""Members that only a server which keeps responses, or runs tools, can act on."""

_INCLUDABLE = frozenset({"reasoning.encrypted_content", "message.output_text.logprobs"})

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "options.max_tokens": "max_output_tokens",
        "think": "reasoning.effort",
        "format": "text.format",
        "format.name": "text.format.name",
        "format.description": "text.format.description",
        "format.schema": "text.format.schema",
        "format.strict": "text.format.strict",
        "logprobs": "include",
        "messages.parts.detail": "input.content.detail",
        "messages.thinking": "input.reasoning",
        "messages.thinking_signature": "input.reasoning.encrypted_content",
        _VERBOSITY: "text.verbosity",
    }
)
"""Losses in the words of this dialect, where those differ."""


def extensions_of(wire: WireCreate) -> dict[str, Raw]:
    """Return the members that only some servers act on."""
    found = vendor.extensions_of(wire)
    for name in _KEPT:
        found.pop(name, None)
    if wire.text is not None and is_said(wire.text.verbosity):
        found[_VERBOSITY] = wire.text.verbosity
    if wire.keep_alive is not None:
        found[KEEP_ALIVE] = Raw(_ENCODER.encode(wire.keep_alive))
    return found


def unheard(wire: WireCreate, tools: Sequence[str], items: Sequence[str]) -> tuple[str, ...]:
    """Name what of the body nobody can be told; `tools` and `items` were left out of it."""
    return (*_members(wire), *tools, *(f"input.{kind}" for kind in items))


def _members(wire: WireCreate) -> Iterator[str]:
    yield from (name for name in _UNHEARD if is_said(getattr(wire, name)))
    if bytes(wire.store or b"") == b"true":
        yield "store"
    if wire.truncation == "auto":
        yield "truncation"
    if not _INCLUDABLE.issuperset(wire.include or ()):
        yield "include"
    if wire.reasoning is not None:
        if is_said(wire.reasoning.context):
            yield "reasoning.context"
        if is_said(wire.reasoning.mode):
            yield "reasoning.mode"
