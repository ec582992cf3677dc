"""Blocks of thinking in a history (docs/wire/dialects.md 7.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.json import Encoder

from adapters.dialects.anthropic.inbound.schema import WireBlock
from ports.chat import NO_EXTENSIONS

DETAILS = "openai.reasoning_details"

_encode = Encoder().encode


class Thoughts(Struct, frozen=True):
    """The fields of a neutral message that hold what was thought."""

    thinking: str = ""
    signature: str = ""
    extensions: Mapping[str, Raw] = NO_EXTENSIONS


class _Detail(Struct, gc=False):
    type: str
    index: int
    text: str | UnsetType = UNSET
    signature: str | UnsetType = UNSET
    data: str | UnsetType = UNSET
    format: str = "anthropic-claude-v1"


def decode_thoughts(blocks: Sequence[WireBlock]) -> Thoughts:
    """Turn the blocks of one message into what was thought.

    The words are joined. A signature signs one block: where there are several blocks, or hidden
    ones, they go along as the details that OpenRouter takes back (8.6), each as it was.
    """
    thinking = "\n".join(filter(None, (block.thinking for block in blocks)))
    if len(blocks) == 1 and blocks[0].type == "thinking":
        return Thoughts(thinking, blocks[0].signature or "")
    if any(block.signature or block.data for block in blocks):
        details = [_detail(index, block) for index, block in enumerate(blocks)]
        return Thoughts(thinking, extensions={DETAILS: Raw(_encode(details))})
    return Thoughts(thinking)


def _detail(index: int, block: WireBlock) -> _Detail:
    if block.type == "redacted_thinking":
        return _Detail("reasoning.encrypted", index, data=block.data or "")
    return _Detail(
        "reasoning.text",
        index,
        text=block.thinking or "",
        signature=block.signature or UNSET,
    )
