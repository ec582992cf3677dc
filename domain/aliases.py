"""Names the operator invents: another model under them, with options and a system text."""

from __future__ import annotations

from msgspec import UNSET, Struct
from msgspec.structs import fields, replace

from ports.chat import ChatRequest, Message, Options, Text


class Alias(Struct, frozen=True, kw_only=True):
    """A name for a target. What it brings are defaults: the client's own word wins."""

    name: str
    target: str
    options: Options = Options()
    system: str = ""


def apply(alias: Alias, request: ChatRequest) -> ChatRequest:
    """Fill in what the client left open.

    The system text goes in front unless the client begins with one of its own, as a
    model's `SYSTEM` does in Ollama (docs/wire/ollama-api.md 2.3).
    """
    messages = request.messages
    if alias.system and messages and messages[0].role != "system":
        messages = (Message(role="system", parts=(Text(text=alias.system),)), *messages)
    return replace(request, messages=messages, options=merged(alias.options, request.options))


def merged(defaults: Options, asked: Options) -> Options:
    """Return `asked`, completed by `defaults` where it says nothing."""
    if defaults == _NOTHING:
        return asked
    filled = {
        name: default
        for name in _NAMES
        if getattr(asked, name) is UNSET and (default := getattr(defaults, name)) is not UNSET
    }
    return replace(asked, **filled, extensions={**defaults.extensions, **asked.extensions})


_NOTHING = Options()
_NAMES = tuple(field.name for field in fields(Options) if field.name != "extensions")
