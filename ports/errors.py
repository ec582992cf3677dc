"""Everything that can go wrong, as one tree.

GatewayError
├── InvalidRequest            the request itself is wrong
│   ├── BodyTooLarge          longer than `server.max_body`
│   ├── UnsupportedEncoding   compressed in a way that nobody here can undo
│   ├── CapabilityMissing     the model cannot do what is asked
│   └── Untranslatable        the upstream cannot be told all of it, and that was forbidden
├── Unauthenticated           no client key, or a wrong one
├── NotAllowed                a known caller who may not do this
├── ModelNotFound             no such model here
├── RouteNotFound             no such path
├── MethodNotAllowed          the path is there, the method is not
├── NotSupported              not built in this version
├── LoopDetected              the request came back to the server that sent it
├── ShuttingDown              the server ends, and with it what was running
└── BackendError              the upstream's fault, or the network's
    ├── BackendUnavailable    cannot be reached, or broke off
    ├── BackendTimeout        did not answer in time
    ├── BackendRejected       refused this request (400, 402, 403, 404, 413, 501)
    │   └── BackendRefusal    one that nobody here has read, with any status from 400 on
    ├── BackendAuthFailed     refused our key
    ├── BackendRateLimited    too many requests, or no quota
    ├── BackendOverloaded     busy, or still loading
    │   └── PoolExhausted     every connection to it is in use already
    ├── BackendFailed         failed inside (500)
    └── BackendProtocolError  answered something that is no answer

The message is written for the client: no secrets, no internal addresses, no traces.
Status numbers and bodies exist only in the dialects' `errors.py`.
"""

from __future__ import annotations

from typing import ClassVar, Self

CONTEXT_LENGTH_EXCEEDED = "context_length_exceeded"
MODEL_NOT_FOUND = "model_not_found"
NO_ROUTE = "route_not_found"
"""What `BackendError.upstream_code` says, in every dialect, of a prompt that is too long, of a
model that the upstream does not know, and of a path that it does not have."""


class GatewayError(Exception):
    """Base of every error a caller may see."""

    code: ClassVar[str] = "error"
    """Stable name of the kind of error, for logs and metrics."""
    retryable: bool = False
    """Whether the same request may succeed at another time or elsewhere; a single error may
    know better than its kind."""

    def __init__(self, message: str) -> None:
        """Carry a message that may be shown to the client."""
        super().__init__(message)
        self.message = message


class InvalidRequest(GatewayError):
    """The caller's mistake.

    `param` is where it is, by the caller's own names (`messages[0].content`); empty if unknown.
    """

    code = "invalid_request"

    def __init__(self, message: str, *, param: str = "") -> None:
        """Say what is wrong, and where."""
        super().__init__(message)
        self.param = param

    def within(self, place: str) -> Self:
        """Say that what is wrong is inside of this; returns the same error."""
        dot = "." if self.param and not self.param.startswith("[") else ""
        self.param = f"{place}{dot}{self.param}"
        return self


class BodyTooLarge(InvalidRequest):
    """The request body is longer than allowed."""

    code = "body_too_large"


class UnsupportedEncoding(InvalidRequest):
    """The body has a content coding other than those that are `accepted`, the best one first."""

    code = "unsupported_encoding"

    def __init__(self, accepted: tuple[str, ...]) -> None:
        """Name the codings that would do."""
        super().__init__(f"content-encoding must be one of: {', '.join(accepted)}")
        self.accepted = accepted


class CapabilityMissing(InvalidRequest):
    """The model is known not to be able to do this. `capability` is a `Capability` value."""

    code = "capability_missing"

    def __init__(self, model: str, capability: str) -> None:
        """Name the model as the client named it, and what it lacks."""
        super().__init__(f'"{model}" does not support {capability}')
        self.model = model
        self.capability = capability


class Untranslatable(InvalidRequest):
    """Something of the request would be dropped, and `routing.strict_translation` forbids it.

    `fields` are the client's own names of what it is.
    """

    code = "untranslatable"

    def __init__(self, fields: tuple[str, ...]) -> None:
        """Name what cannot be carried over."""
        super().__init__(
            f"the backend of this model cannot be told: {', '.join(fields)}", param=fields[0]
        )
        self.fields = fields


class Unauthenticated(GatewayError):
    """No client key was sent, or one that is not known."""

    code = "unauthenticated"


class NotAllowed(GatewayError):
    """The caller is known and may not do this."""

    code = "not_allowed"


class ModelNotFound(GatewayError):
    """No model of this name. `model` is the name as the client sent it.

    `nearest` are listed names that look like it: for the log, not for the client.
    """

    code = "model_not_found"

    def __init__(self, model: str, *, nearest: tuple[str, ...] = ()) -> None:
        """Name the model as the client named it."""
        super().__init__(f"model '{model}' not found")
        self.model = model
        self.nearest = nearest


class RouteNotFound(GatewayError):
    """No such path."""

    code = "route_not_found"


class MethodNotAllowed(GatewayError):
    """The path exists, with other methods: `allow`, in the order of the `Allow` header."""

    code = "method_not_allowed"

    def __init__(self, allow: tuple[str, ...]) -> None:
        """Name the methods that would do."""
        super().__init__(f"method not allowed: use {' or '.join(allow)}")
        self.allow = allow


class NotSupported(GatewayError):
    """A feature that this version does not have."""

    code = "not_supported"


class LoopDetected(GatewayError):
    """A request that this server itself sent upstream."""

    code = "loop_detected"


class ShuttingDown(GatewayError):
    """The server stops, and its time for running exchanges is over."""

    code = "shutting_down"
    retryable = True

    def __init__(self, message: str = "the server is shutting down") -> None:
        """Say so."""
        super().__init__(message)


class BackendError(GatewayError):
    """Something went wrong at the upstream or on the way to it.

    `retry_after` is the upstream's own wish in seconds, `upstream_code` its own name for
    the error (`insufficient_quota`, …) or one of those above; each may be absent.
    """

    code = "backend_error"
    quotes: bool = False
    """Whether the message holds words of the upstream's own: fit for the client, whose words they
    may quote, and for nobody else."""

    def __init__(
        self, message: str, *, retry_after: float | None = None, upstream_code: str | None = None
    ) -> None:
        """Carry a message fit for the client and what the upstream said beside it."""
        super().__init__(message)
        self.retry_after = retry_after
        self.upstream_code = upstream_code


class BackendUnavailable(BackendError):
    """The upstream cannot be reached, or the connection broke."""

    code = "backend_unavailable"
    retryable = True


class BackendTimeout(BackendError):
    """The upstream did not answer within the configured time, or said so itself."""

    code = "backend_timeout"
    retryable = True


class BackendRejected(BackendError):
    """The upstream refused this request.

    `status` is one of 400, 402, 403, 404, 413, 501, or 401 if the key was the client's own.
    `param` is the member that the upstream has something against, by its own name.
    """

    code = "backend_rejected"
    quotes = True
    param: str | None = None

    def __init__(
        self, message: str, *, status: int = 400, upstream_code: str | None = None
    ) -> None:
        """Keep the status, because clients act on it."""
        super().__init__(message, upstream_code=upstream_code)
        self.status = status


class BackendRefusal(BackendRejected):
    """The upstream refused a request that was passed on unread, with any status from 400 on.

    `body` is its answer as it came, and `headers` what goes with it, names in lower case. The
    body is empty where there is none that a client may see; the message says what it meant.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        upstream_code: str | None = None,
        body: bytes = b"",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """Keep the answer beside what it means."""
        super().__init__(message, status=status, upstream_code=upstream_code)
        self.body = body
        self.headers = headers


class BackendAuthFailed(BackendError):
    """The upstream refused the key that the operator configured."""

    code = "backend_auth_failed"


class BackendRateLimited(BackendError):
    """The upstream wants fewer requests, or its quota is used up."""

    code = "backend_rate_limited"
    quotes = True
    retryable = True


class BackendOverloaded(BackendError):
    """The upstream is too busy or still loading."""

    code = "backend_overloaded"
    quotes = True
    retryable = True


class PoolExhausted(BackendOverloaded):
    """All connections that `pool.max` allows are in use, and none came free in time."""

    code = "pool_exhausted"


class BackendFailed(BackendError):
    """The upstream failed inside."""

    code = "backend_failed"
    quotes = True
    retryable = True


class BackendProtocolError(BackendError):
    """The upstream's answer is no answer: not JSON, no choices, cut off, broken arguments."""

    code = "backend_protocol_error"
    retryable = True
