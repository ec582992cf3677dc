"""A line for the model stands behind what the client says as system."""

from __future__ import annotations

from typing import Any

from adapters.dialects.history.system_lines import with_line
from ports.chat import Message, Text


def say(role: Any, text: str) -> Message:
    return Message(role=role, parts=(Text(text=text),))


def test_a_line_stands_behind_the_first_system_messages() -> None:
    a, b, c = say("system", "a"), say("system", "b"), say("user", "c")

    assert with_line((a, b, c, a), "line") == (a, b, say("system", "line"), c, a)


def test_a_line_may_be_the_first_message_or_the_only_one() -> None:
    assert with_line((say("user", "a"),), "line") == (say("system", "line"), say("user", "a"))
    assert with_line((), "line") == (say("system", "line"),)
