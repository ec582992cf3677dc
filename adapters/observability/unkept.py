"""Traces that are not kept: nearly all where only a share is, so that they cost next to nothing.

Such a trace has an id, for the log and for upstreams, who learn that nobody keeps it. That needs
no span.
"""

from __future__ import annotations

from contextvars import ContextVar, Token

from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import format_span_id, format_trace_id

PARENT = "traceparent"

_FLAGS = "02"
"""Not sampled, and the id is random (W3C Trace Context level 2, 3.2.2.5)."""
_IDS = RandomIdGenerator()

_current: ContextVar[str] = ContextVar("unkept", default="")
"""The id of the unkept trace that this task works for; empty where there is none."""


class Draw(RandomIdGenerator):
    """Draws the ids of traces that begin here, and by its id whether one is kept.

    `share` of them are, a number from 0 to 1: those that `TraceIdRatioBased` keeps as well, so
    that a provider with both begins the spans of the others only.
    """

    def __init__(self, share: float) -> None:
        self._bound = TraceIdRatioBased.get_bound_for_rate(share)
        self._kept = 0
        """The id of a kept trace that no span has begun yet, or 0."""

    def unkept(self) -> str:
        """Draw one. Return its id in hex digits, empty if it is to be kept.

        The next span without a parent begins the one that is.
        """
        trace_id = _IDS.generate_trace_id()
        if trace_id & TraceIdRatioBased.TRACE_ID_LIMIT >= self._bound:
            return format_trace_id(trace_id)
        self._kept = trace_id
        return ""

    def generate_trace_id(self) -> int:
        """Return the id for a span without a parent."""
        kept, self._kept = self._kept, 0
        return kept or _IDS.generate_trace_id()


def enter(trace_id: str) -> Token[str]:
    """Let this task work for an unkept trace, until `leave`."""
    return _current.set(trace_id)


def leave(token: Token[str]) -> None:
    """Let it work for that no longer."""
    _current.reset(token)


def carried() -> dict[str, str]:
    """Return the headers that tell an upstream of it; none where there is no such trace."""
    trace_id = _current.get()
    if not trace_id:
        return {}
    return {PARENT: f"00-{trace_id}-{format_span_id(_IDS.generate_span_id())}-{_FLAGS}"}
