"""What the core tells of its work: for traces, metrics and the log.

Nothing here may slow down or break an exchange: methods return at once and never raise.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from ports.chat import ChatChunk, ChatRequest, ChatResponse, FinishReason, Usage
from ports.embed import EmbedRequest
from ports.errors import GatewayError
from ports.generate import GenerateRequest
from ports.parameters import Parameters, no_parameters


class Operation(StrEnum):
    """What is asked for, in the words of OpenTelemetry's conventions for generative AI."""

    CHAT = "chat"
    COMPLETION = "text_completion"
    EMBEDDINGS = "embeddings"
    OTHER = "other"
    """Passed on, whatever it is: images, sounds, a moderation."""


class Why(StrEnum):
    """What led from the name that a client gave to the backend."""

    LISTED = "listed"
    """The backend lists it."""
    ALIAS = "alias"
    VARIANT = "variant"
    """A listed model, with an ending that the backend knows how to take."""
    UNLISTED = "unlisted"
    """No list has it; the backend takes any name, or its own stands in front."""
    DEFAULT = "default"
    """None of these, or there is no name: `routing.default_backend`."""


Request = ChatRequest | GenerateRequest | EmbedRequest


class Exchange(Struct, frozen=True, kw_only=True):
    """One question to one upstream, once its route is chosen."""

    operation: Operation
    asked: str
    """The model as the client named it; may be empty where the route needed none."""
    backend: str
    kind: str
    model: str
    """The upstream's own id."""
    why: Why = Why.LISTED
    alias: str = ""
    """The name that led there, where it is not the upstream's own."""
    streamed: bool = False
    relayed: bool = False
    """Whether the bytes go through as they are; there is no `request` then."""
    request: Request | None = None
    parameters: Callable[[], Parameters] = no_parameters
    """What is asked for, relayed or not. Made when it is called, by who wants to know; never
    raises."""


class Outcome(Struct, frozen=True, kw_only=True, gc=False):
    """How an exchange ended, as far as the upstream told."""

    usage: Usage = Usage()
    reason: FinishReason | None = None
    model: str = ""
    """The one that the upstream says has answered."""
    tools: tuple[str, ...] = ()
    """Names of the tools that are called, in order."""
    pieces: int = 0
    """Batches of a stream; 0 for an answer in one piece."""
    error: GatewayError | None = None
    """What went wrong after the answer had begun."""


class Observation(Protocol):
    """One exchange that is being watched, from when it is sent to when it is over."""

    content: bool
    """Whether what is said is wanted too: `said` is called only then."""

    @abstractmethod
    def began(self) -> None:
        """Note that its answer has begun, in the task that sent it: whoever asked goes on."""

    @abstractmethod
    def first(self) -> None:
        """Note that the first piece of a stream is here: something that the model says."""

    @abstractmethod
    def said(self, piece: Sequence[ChatChunk] | ChatResponse, /) -> None:
        """Take what the model said."""

    @abstractmethod
    def end(self, outcome: Outcome, error: BaseException | None = None) -> None:
        """Note that it is over, once.

        `error` ended it: before there was an answer, or a cancellation because the client
        hung up or the server stops.
        """


class Observer(Protocol):
    """Watches exchanges."""

    @abstractmethod
    def begin(self, exchange: Exchange, /) -> Observation:
        """Watch one that is about to be sent, in the task that sends it."""


class Unwatched(Observation):
    """Nobody looks."""

    content = False

    def began(self) -> None:
        """Do nothing."""

    def first(self) -> None:
        """Do nothing."""

    def said(self, piece: Sequence[ChatChunk] | ChatResponse, /) -> None:
        """Do nothing."""

    def end(self, outcome: Outcome, error: BaseException | None = None) -> None:
        """Do nothing."""


class Nobody(Observer):
    """Watches nothing: for servers and tests where nobody wants to know."""

    _unwatched = Unwatched()

    def begin(self, _exchange: Exchange, /) -> Observation:
        """Watch nothing."""
        return self._unwatched


NOBODY = Nobody()
