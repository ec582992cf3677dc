"""Whatever JSON comes, it is a request or the client's mistake."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.dialects.openai.responses.create import Create, decode_create
from adapters.dialects.openai.responses.schema import (
    WireCall,
    WireCallOutput,
    WireCreate,
    WireFormat,
    WireMessage,
    WirePart,
    WireReasoning,
    WireTool,
    WireToolChoice,
)
from ports.errors import InvalidRequest

WORDS = st.sampled_from(
    [
        *("", "m", "user", "assistant", "message", "function_call", "function_call_output"),
        *("reasoning", "input_text", "input_image", "input_file", "input_audio", "output_text"),
        *("function", "namespace", "allowed_tools", "required", "json_schema", "high", "none"),
        *("data:image/png;base64,AA==", "https://example.com/a", "{}", "\ud83d", "llamaport-1.AA"),
    ]
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2**70), st.floats(allow_nan=False), WORDS
)
NAMES = sorted(
    {
        name
        for wire in (
            *(WireCreate, WireMessage, WireCall, WireCallOutput, WireReasoning, WirePart),
            *(WireTool, WireToolChoice, WireFormat),
        )
        for name in wire.__struct_fields__
    }
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
    ),
    max_leaves=25,
)


def decoded(**members: Any) -> Create | None:
    """What a body is; `None` where it is refused. Nothing else may be raised."""
    try:
        return decode_create(json.dumps({"model": "m", "input": "hi"} | members).encode())
    except InvalidRequest:
        return None


@settings(deadline=None, max_examples=300)
@given(members=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8))
def test_a_body_is_decoded_or_refused(members: dict[str, Any]) -> None:
    create = decoded(**members)

    if create is not None:
        assert create.request.messages
        assert msgspec.json.encode(create.reply)


@settings(deadline=None, max_examples=300)
@given(items=st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6), max_size=5))
def test_items_are_decoded_or_refused(items: list[dict[str, Any]]) -> None:
    create = decoded(input=items)

    assert create is None or create.request.messages
