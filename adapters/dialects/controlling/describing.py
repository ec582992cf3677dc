"""The words in which a dialect describes its routes: for `/schema`, and for whoever reads it.

A description is data beside the code that it describes. Bodies are the wire Structs, and
errors are real ones, put into words by the dialect itself, so neither can tell of what is not
served; a test compares the routes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from adapters.dialects.replies.rendered import Rendered
from ports.dropped import HEADER
from ports.errors import (
    BackendOverloaded,
    BackendRateLimited,
    BackendRejected,
    BackendTimeout,
    BackendUnavailable,
    BodyTooLarge,
    GatewayError,
    InvalidRequest,
    LoopDetected,
    ModelNotFound,
    NotAllowed,
    ShuttingDown,
    Unauthenticated,
    UnsupportedEncoding,
)

Shape = Any
"""A JSON schema as a mapping, in which a Struct may stand wherever a schema may."""

JSON = "application/json"
NDJSON = "application/x-ndjson"
SSE = "text/event-stream"
TEXT = "text/plain"

DROPPED = HEADER
"""Header of an answer: fields of the request that the backend could not be told."""


KEEP_ALIVE: Mapping[str, Any] = MappingProxyType(
    {
        "description": "How long the model stays loaded: seconds, or a text such as `5m`, `1h30m`; "
        "below zero for ever, 0 not at all.",
        "anyOf": [
            {"type": "number"},
            {"type": "string", "pattern": r"^-?(0|([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+)$"},
            {"type": "null"},
        ],
    }
)
"""How long a model stays loaded, in every dialect that has a word for it."""

_NUMBER = {"type": ["number", "null"]}
OPTIONS: Mapping[str, Any] = MappingProxyType(
    {
        "description": "Parameters of the model. Others than these are ignored.",
        "type": ["object", "null"],
        "properties": {
            **dict.fromkeys(
                (
                    "num_predict",
                    "temperature",
                    "top_k",
                    "top_p",
                    "min_p",
                    "typical_p",
                    "repeat_last_n",
                    "repeat_penalty",
                    "presence_penalty",
                    "frequency_penalty",
                    "seed",
                    "num_ctx",
                    "num_batch",
                    "num_gpu",
                    "num_thread",
                    "num_keep",
                ),
                _NUMBER,
            ),
            "stop": {"type": ["array", "null"], "items": {"type": "string"}},
        },
    }
)
"""Ollama's options, which other dialects take as well."""


class Words(Struct, frozen=True, kw_only=True):
    """What the types of a Struct do not tell."""

    required: tuple[str, ...] = ()
    """Members without which the request is refused, though the decoder knows a default."""
    members: Mapping[str, str | Shape] = {}
    """By a member's name on the wire: a sentence, or a shape where the type is open."""
    hidden: tuple[str, ...] = ()
    """Members that are read and promise nothing."""


class Content(Struct, frozen=True, kw_only=True):
    """One form of a body."""

    shape: Shape
    media_type: str = JSON
    examples: Mapping[str, Any] = {}
    """By a short name. Those of a request are answered with success by the offline backend, but
    for what it cannot do."""


class Stream(Struct, frozen=True, kw_only=True):
    """A body of lines or of events, each of which holds one JSON value of this shape."""

    shape: Shape
    media_type: str = NDJSON
    example: tuple[Mapping[str, Any], ...] = ()
    named: bool = False
    """Whether an event is named as the `type` of its value."""
    ending: str = ""
    """What the last event holds, which is no JSON."""


class Answer(Struct, frozen=True, kw_only=True):
    """An answer that is no error, or the one that a route always gives."""

    text: str
    contents: tuple[Content | Stream, ...] = ()
    """None: the body is empty, or it is bytes of any kind."""
    headers: tuple[str, ...] = ()


class Parameter(Struct, frozen=True, kw_only=True):
    """A part of the path, of the query, or a header."""

    name: str
    text: str
    place: str = "path"
    shape: Shape = None
    """`None`: any text."""
    example: str = ""

    @property
    def required(self) -> bool:
        """Whether nothing goes without it."""
        return self.place == "path"


class Operation(Struct, frozen=True, kw_only=True):
    """What one or more methods of a path do."""

    methods: tuple[str, ...] = ("POST",)
    path: str
    """As OpenAPI writes it: `/v1/models/{model}`."""
    summary: str
    text: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: Content | None = None
    other_bodies: tuple[Content, ...] = ()
    """Further forms in which the body may come."""
    answers: Mapping[int, Answer]
    errors: tuple[GatewayError, ...]
    is_open: bool = False
    """Whether it is served without a client key though there are keys."""


class Description(Struct, frozen=True, kw_only=True):
    """A dialect: its routes, and how it puts errors into words."""

    name: str
    text: str
    operations: tuple[Operation, ...]
    words: Mapping[type[Struct], Words] = {}
    render: Callable[[GatewayError], Rendered]
    error: Shape


ANYWHERE: tuple[GatewayError, ...] = (
    NotAllowed("this needs an admin key"),
    LoopDetected("this server sent this request to itself: check its backends"),
    ShuttingDown(),
)
"""What even an open route may answer. An internal error is none of it: it is always a bug."""

KEYED: tuple[GatewayError, ...] = (Unauthenticated("a valid API key is required"), *ANYWHERE)
"""What any other route may answer."""

SENT: tuple[GatewayError, ...] = (
    *KEYED,
    InvalidRequest("model is required"),
    BodyTooLarge("request body too large: at most 67108864 bytes are accepted"),
)
"""What a route that reads a body may answer."""

COMPRESSED: tuple[GatewayError, ...] = (*SENT, UnsupportedEncoding(("zstd", "gzip")))
"""The same below `/v1`, where bodies may be compressed."""

UPSTREAM: tuple[GatewayError, ...] = (
    BackendUnavailable("cannot reach upstream"),
    BackendTimeout("upstream timed out"),
    BackendRateLimited("too many requests", retry_after=3),
    BackendOverloaded("the model is still loading", retry_after=3),
    BackendRejected("no credits left", status=402),
    BackendRejected("this model may not be used here", status=403),
    BackendRejected("no endpoint serves this model", status=404),
    BackendRejected("the prompt is too long", status=400),
    BackendRejected("the prompt is too long", status=413),
    BackendRejected("not supported by this model", status=501),
)
"""What becomes of a backend's refusals and failures."""

MODEL: tuple[GatewayError, ...] = (ModelNotFound("nope"), *UPSTREAM)
"""What a route may answer that asks a model, once the request has been understood."""
