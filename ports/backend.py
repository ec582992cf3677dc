"""What the core asks of an upstream, and the record that says which of it one can do."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct

from ports.catalog import ModelCatalog
from ports.chat import ChatRequest, ChatResponse, ChatStream
from ports.embed import EmbedRequest, EmbedResponse
from ports.generate import GenerateRequest
from ports.raw import Dialect, RawBackend
from ports.residence import Residence


class ChatBackend(Protocol):
    """Answers chats.

    Both methods raise only the `GatewayError` tree. They agree: a stream folds to what the
    plain call answers. Cancelling either closes the upstream request at once.
    """

    @abstractmethod
    async def chat(self, request: ChatRequest, /) -> ChatResponse:
        """Answer in one piece. `request.model` is this backend's own id."""

    @abstractmethod
    def open_chat(self, request: ChatRequest, /) -> AbstractAsyncContextManager[ChatStream]:
        """Answer in pieces, in the batches in which they came (see `ChatStream`).

        Entering means that the upstream accepted the request and its first chunk is here:
        every failure that may still be retried is raised there, never while iterating.
        Leaving early closes the upstream response. Iterating past the end stops; an upstream
        that breaks off before its end raises a `BackendError`, never ends quietly.
        """

    @abstractmethod
    def chat_losses(self, request: ChatRequest, /) -> tuple[str, ...]:
        """Name what of the request this upstream cannot be told, or only nearly so.

        Names of fields of `ChatRequest` (`tool_choice`, `options.top_k`, `messages.author`) and
        of extensions (`ollama.keep_alive`); nearly always none. Asks nobody, and what it
        does not name is kept: docs/translation.md has all of it.
        """


class GenerateBackend(Protocol):
    """Completes prompts that have no form as a chat: raw ones, and gaps before a suffix.

    The methods promise what those of `ChatBackend` do.
    """

    @abstractmethod
    async def generate(self, request: GenerateRequest, /) -> ChatResponse:
        """Answer in one piece. `request.model` is this backend's own id."""

    @abstractmethod
    def open_generate(self, request: GenerateRequest, /) -> AbstractAsyncContextManager[ChatStream]:
        """Answer in pieces; see `ChatBackend.open_chat`."""

    @abstractmethod
    def generate_losses(self, request: GenerateRequest, /) -> tuple[str, ...]:
        """Name what of the request is lost; see `ChatBackend.chat_losses`."""


class EmbedBackend(Protocol):
    """Turns texts into vectors."""

    @abstractmethod
    async def embed(self, request: EmbedRequest, /) -> EmbedResponse:
        """Embed every input, in order. `request.model` is this backend's own id.

        Raises only the `GatewayError` tree.
        """

    @abstractmethod
    def embed_losses(self, request: EmbedRequest, /) -> tuple[str, ...]:
        """Name what of the request is lost; see `ChatBackend.chat_losses`."""


class TokenCounter(Protocol):
    """Counts the tokens of a prompt."""

    @abstractmethod
    async def count(self, request: ChatRequest, /) -> int | None:
        """Count what the model would read; `None` where this upstream cannot say.

        `request.model` is this backend's own id. Raises only the `GatewayError` tree.
        """


class Backend(Struct, frozen=True, kw_only=True):
    """One configured upstream. A port that is `None` is something this upstream cannot do."""

    name: str
    kind: str
    catalog: ModelCatalog
    chat: ChatBackend | None = None
    generate: GenerateBackend | None = None
    embed: EmbedBackend | None = None
    count: TokenCounter | None = None
    residence: Residence | None = None
    raw: RawBackend | None = None
    native: frozenset[Dialect] = frozenset()
    """Dialects in which `raw` passes requests on untouched."""
    renders_prompts: bool = False
    """`generate` also takes what is neither raw nor has a suffix and puts it into the model's
    template. Elsewhere such a prompt is asked as a chat."""
    any_model: bool = False
    """Names in no catalog are sent here as they are."""
    variants: tuple[str, ...] = ()
    """Endings (`:nitro`) that this upstream understands behind any id without listing it."""
    models: tuple[str, ...] = ()
    """Globs over this backend's model ids, `!` excludes; empty for all (`domain.names.matches`)."""
