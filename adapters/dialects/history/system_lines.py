"""What an upstream has no field for, said to the model in words."""

from __future__ import annotations

from collections.abc import Sequence

from ports.chat import Message, Text


def with_line(messages: Sequence[Message], line: str) -> tuple[Message, ...]:
    """Return the messages with a line of system text behind those that they begin with."""
    at = 0
    while at < len(messages) and messages[at].role == "system":
        at += 1
    return (*messages[:at], Message(role="system", parts=(Text(text=line),)), *messages[at:])
