"""What of a chat has no neutral name: kept for the servers that know it, told where it is lost."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Raw, Struct
from msgspec.json import format as spell

from adapters.dialects.openai.inbound.rare_members import RareMembers
from adapters.dialects.openai.inbound.schema_vendor import FIELDS
from adapters.dialects.replies.dropping import in_own_words

PREFIX = "openai."
TEMPLATE = PREFIX + "chat_template_kwargs"

_VENDOR = RareMembers(FIELDS)
_EMPTY = frozenset({b"{}", b"[]", b'""'})
_AS_EVER: Mapping[str, frozenset[bytes]] = MappingProxyType(
    {
        "store": frozenset({b"false"}),
        "service_tier": frozenset({b'"auto"', b'"default"'}),
        "verbosity": frozenset({b'"medium"'}),
        "modalities": frozenset({b'["text"]'}),
        "ignore_eos": frozenset({b"false"}),
        "add_generation_prompt": frozenset({b"true"}),
        "continue_final_message": frozenset({b"false"}),
        "cache_prompt": frozenset({b"true"}),
        "min_tokens": frozenset({b"0"}),
        "priority": frozenset({b"0"}),
        "length_penalty": frozenset({b"1", b"1.0"}),
    }
)
"""What asks for no more than any server does without being asked."""
_LONGEST = 64
"""Bytes of any of these, however it is spaced. What is longer, and may be deep, is none of them."""

CHAT_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "think": "reasoning_effort",
        "thinking_budget": "reasoning.max_tokens",
        "format": "response_format",
        "format.name": "response_format.json_schema.name",
        "format.description": "response_format.json_schema.description",
        "format.schema": "response_format.json_schema.schema",
        "format.strict": "response_format.json_schema.strict",
        "tools.strict": "tools.function.strict",
        "messages.author": "messages.name",
        "messages.parts.detail": "messages.content.image_url.detail",
        "messages.thinking": "messages.reasoning",
        "messages.openai.reasoning_details": "messages.reasoning_details",
    }
)
"""Losses in the words of a chat, where those differ."""

_PREFIXES = (PREFIX, "ollama.", "options.")


def extensions_of(wire: Struct, members: RareMembers = _VENDOR) -> dict[str, Raw]:
    """Return what was sent in members that are kept raw, as extensions of the neutral form."""
    return {PREFIX + name: raw for name, raw in members.sent_in(wire).items()}


def dropped_names(
    sent: tuple[str, ...],
    losses: tuple[str, ...],
    extensions: Mapping[str, Raw],
    names: Mapping[str, str] = CHAT_NAMES,
) -> tuple[str, ...]:
    """Return everything that is dropped by the names of OpenAI's clients.

    `sent`, `losses` and `names` as for `adapters.dialects.replies.dropping.in_own_words`. What asks
    for no more than any server does anyway is not lost.
    """
    if not losses:
        return sent
    lost = [loss for loss in losses if not _is_as_ever(loss, extensions)]
    return in_own_words(sent, tuple(lost), {loss: _own_name(loss, names) for loss in lost})


def _is_as_ever(loss: str, extensions: Mapping[str, Raw]) -> bool:
    raw = extensions.get(loss)
    if raw is None or len(bytes(raw)) > _LONGEST:
        return False
    said = spell(bytes(raw), indent=-1)
    return said in _EMPTY or said in _AS_EVER.get(loss.removeprefix(PREFIX), ())


def _own_name(loss: str, names: Mapping[str, str]) -> str:
    if loss in names:
        return names[loss]
    prefix = next((it for it in _PREFIXES if loss.startswith(it)), "")
    return loss.removeprefix(prefix)
