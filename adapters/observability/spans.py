"""The INTERNAL span of every exchange with an upstream, below the one of its request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextvars import Token

from msgspec import UNSET
from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import Span, SpanKind, Tracer, get_current_span, set_span_in_context
from opentelemetry.util.types import AttributeValue

from adapters.observability import conventions, faults
from adapters.observability.content import Said, question
from ports.chat import ChatChunk, ChatResponse, Options, Usage
from ports.clock import Clock
from ports.observer import Exchange, Observation, Observer, Outcome, Unwatched
from ports.parameters import Parameters

_NS_PER_SECOND = 1e9
_INT64 = 2**63
_SHOWN, _MOST = 200, 20
"""Letters of what a client may make as long as it likes, and how many texts of a list."""
_UNWATCHED = Unwatched()

Attribute = tuple[str, AttributeValue]


class ExchangeSpans(Observer):
    """Begins a span for each exchange of a request whose trace is kept.

    `capture` is how many bytes of the question, and of the answer, are put on it.
    """

    def __init__(self, tracer: Tracer, clock: Clock, *, capture: int = 0) -> None:
        self._tracer = tracer
        self._clock = clock
        self._capture = capture

    def begin(self, exchange: Exchange, /) -> Observation:
        """Begin one; it is the current span until there is an answer."""
        if not get_current_span().is_recording():
            return _UNWATCHED
        attributes = dict(_of_request(exchange))
        if self._capture and exchange.request is not None:
            attributes[conventions.INPUT_MESSAGES] = question(exchange.request, self._capture)
        span = self._tracer.start_span(
            f"{exchange.operation} {exchange.model}".rstrip(),
            kind=SpanKind.INTERNAL,
            attributes=attributes,
        )
        return _ExchangeSpan(span, self._clock, Said(self._capture))


class _ExchangeSpan(Observation):
    """One exchange on its span."""

    def __init__(self, span: Span, clock: Clock, said: Said) -> None:
        self._span = span
        self._clock = clock
        self._said = said
        self._begun = clock.monotonic_ns()
        self._token: Token[Context] | None = attach(set_span_in_context(span))
        self.content = said.limit > 0

    def began(self) -> None:
        """Let whoever asked go on below its own span."""
        self._leave()

    def first(self) -> None:
        """Note when the first piece came."""
        waited = (self._clock.monotonic_ns() - self._begun) / _NS_PER_SECOND
        self._span.set_attribute(conventions.TIME_TO_FIRST_CHUNK, waited)
        self._span.add_event(conventions.FIRST_TOKEN)

    def said(self, piece: Sequence[ChatChunk] | ChatResponse, /) -> None:
        """Keep what is to be captured."""
        self._said.add(piece)

    def end(self, outcome: Outcome, error: BaseException | None = None) -> None:
        """Say how it ended."""
        self._leave()
        span = self._span
        span.set_attributes(dict(_of_outcome(outcome)))
        if self.content and (answer := self._said.answer(outcome.reason)):
            span.set_attribute(conventions.OUTPUT_MESSAGES, answer)
        faults.end(span, error or outcome.error, content=self.content)

    def _leave(self) -> None:
        """Be no longer the current span; in the task that began, before anybody else goes on."""
        if self._token is not None:
            detach(self._token)
            self._token = None


def _of_request(exchange: Exchange) -> Iterator[Attribute]:
    yield conventions.OPERATION, exchange.operation.value
    yield conventions.PROVIDER, exchange.kind
    yield conventions.REQUEST_MODEL, exchange.model
    yield conventions.REQUEST_STREAM, exchange.streamed
    yield conventions.ASKED, exchange.asked[:_SHOWN]
    yield conventions.BACKEND, exchange.backend
    yield conventions.KIND, exchange.kind
    yield conventions.WHY, exchange.why.value
    yield conventions.RELAYED, exchange.relayed
    if exchange.alias:
        yield conventions.ALIAS, exchange.alias
    yield from _parameters(exchange.parameters())


def _parameters(asked: Parameters) -> Iterator[Attribute]:
    yield from _sampling(asked.options)
    for name, value in (
        (conventions.DIMENSIONS, asked.dimensions),
        (conventions.OUTPUT_TYPE, asked.output),
        (conventions.REASONING_LEVEL, asked.effort),
    ):
        if value is not UNSET and _fits(value):
            yield name, value


_TAKEN_BACK = frozenset({"max_tokens", "seed"})
"""What a negative number takes back (`ports.chat.Options`)."""


def _sampling(options: Options) -> Iterator[Attribute]:
    for field, name in conventions.REQUEST_OPTIONS.items():
        value = getattr(options, field)
        if value is UNSET or value == () or (field in _TAKEN_BACK and value < 0):
            continue
        if isinstance(value, tuple):
            value = tuple(text[:_SHOWN] for text in value[:_MOST])
        if _fits(value):
            yield name, value


def _fits(value: AttributeValue) -> bool:
    """Tell whether an attribute can hold it: whole numbers there have 64 bits."""
    return not isinstance(value, int) or -_INT64 <= value < _INT64


def _of_outcome(outcome: Outcome) -> Iterator[Attribute]:
    yield from _counted(outcome.usage)
    if outcome.model:
        yield conventions.RESPONSE_MODEL, outcome.model
    if outcome.reason is not None:
        yield conventions.FINISH_REASONS, (outcome.reason.value,)
    if outcome.tools:
        yield conventions.TOOLS_CALLED, outcome.tools
    if outcome.pieces:
        yield conventions.PIECES, outcome.pieces


def _counted(usage: Usage) -> Iterator[Attribute]:
    for name, value in (
        (conventions.INPUT_TOKENS, usage.prompt_tokens),
        (conventions.OUTPUT_TOKENS, usage.completion_tokens),
        (conventions.CACHE_READ_TOKENS, usage.cached_tokens),
        (conventions.CACHE_WRITE_TOKENS, usage.cache_write_tokens),
        (conventions.REASONING_TOKENS, usage.reasoning_tokens),
        (conventions.COST, usage.cost),
    ):
        if value is not None and _fits(value):
            yield name, value
