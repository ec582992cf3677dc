"""Efforts of reasoning."""

from __future__ import annotations

import pytest

from adapters.dialects.openai.inbound.efforts import decode_effort
from ports.chat import Effort
from ports.errors import InvalidRequest


@pytest.mark.parametrize(
    ("said", "think"),
    [
        ("none", False),
        ("minimal", "minimal"),
        ("low", "low"),
        ("medium", "medium"),
        ("high", "high"),
        ("xhigh", "xhigh"),
        ("ultra", "max"),
        ("max", "max"),
    ],
)
def test_an_effort_is_a_level_of_thinking(said: str, think: bool | Effort) -> None:
    assert decode_effort(said) == think


def test_an_unknown_effort_is_refused_in_ollamas_words() -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode_effort('b"s')

    assert caught.value.message == (
        'invalid reasoning value: "b\\"s" (must be "minimal", "low", "medium", "high", "xhigh",'
        ' "ultra", "max", or "none")'
    )
