"""Prompts for upstreams that only chat."""

from __future__ import annotations

from ports.chat import ChatRequest, Message, Text
from ports.generate import GenerateRequest


def as_turn(request: GenerateRequest) -> ChatRequest:
    """Ask a prompt as a chat of one turn. It must have no suffix: that has no form there."""
    turn = Message(role="user", parts=(Text(text=request.prompt), *request.images))
    return request.in_messages(turn)
