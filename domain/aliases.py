"""Other names for models, with what comes along: options, a system text, a conversation.

The operator writes them into the configuration, clients make them with `create` and `cp`.
"""

from __future__ import annotations

from msgspec import UNSET, Struct
from msgspec.structs import fields, replace

from ports.chat import ChatRequest, Message, Options, Text
from ports.generate import GenerateRequest
from ports.library import MadeModel


class Alias(Struct, frozen=True, kw_only=True):
    """A name for a target. What it brings are defaults: the client's own word wins."""

    name: str
    target: str
    options: Options = Options()
    system: str = ""
    messages: tuple[Message, ...] = ()
    """A conversation that comes before every chat."""
    template: str = ""
    """Shown, and applied only by upstreams that render prompts themselves."""
    licenses: tuple[str, ...] = ()
    modified_ns: int | None = None
    """When a client made it, Unix nanoseconds; `None` where the configuration did."""

    @property
    def made(self) -> bool:
        """Whether a client made it, and a client may take it away."""
        return self.modified_ns is not None

    @property
    def renames_only(self) -> bool:
        """Whether it changes nothing about a request but the name of the model."""
        return not (self.speaks or self.template or self.options != _NOTHING)

    @property
    def speaks(self) -> bool:
        """Whether it brings words of its own."""
        return bool(self.system or self.messages)


def of_made(model: MadeModel) -> Alias:
    """Return the alias that a model made by a client is."""
    return Alias(
        name=model.name,
        target=model.target,
        options=model.options,
        system=model.system,
        messages=model.messages,
        template=model.template,
        licenses=model.licenses,
        modified_ns=model.modified_ns,
    )


def apply(alias: Alias, request: ChatRequest) -> ChatRequest:
    """Fill in what the client left open.

    The system text goes in front unless the client begins with one of its own, as a
    model's `SYSTEM` does in Ollama; the model's `MESSAGE`s come before the client's
    (docs/wire/ollama-api.md 2.3).
    """
    messages = request.messages
    if messages and (alias.system or alias.messages):
        own = messages[0].role == "system"
        messages = (*alias.messages, *messages)
        if alias.system and not own:
            messages = (Message(role="system", parts=(Text(text=alias.system),)), *messages)
    return replace(request, messages=messages, options=merged(alias.options, request.options))


def apply_to_prompt(alias: Alias, request: GenerateRequest) -> GenerateRequest:
    """Fill in what the client left open; a raw prompt takes options only.

    The conversation is left to whoever turns the prompt into a chat.
    """
    options = merged(alias.options, request.options)
    if request.raw:
        return replace(request, options=options)
    return replace(
        request,
        options=options,
        system=request.system or alias.system,
        template=request.template or alias.template,
    )


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
