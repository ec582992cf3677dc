"""Which trace a request joins, of what its headers say (W3C Trace Context, level 1 and 2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from msgspec import Struct
from opentelemetry import propagate
from opentelemetry.trace import SpanContext, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from adapters.observability.requests import RequestSpans
from ports.errors import GatewayError, ModelNotFound
from tests.unit.adapters.observability.spans import Kept

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{CALLER}-01"
LATER = f"01-{TRACE}-{CALLER}-01"
OTHER = f"00-{TRACE[::-1]}-{CALLER}-01"
LIMIT = 32
"""Members of a tracestate."""


class Over(Struct, frozen=True, kw_only=True):
    """What the door says of a request."""

    path: str = "/"
    route: str = "/"
    status: int = 200
    bytes_sent: int = 0
    peer: str = ""
    cancelled: bool = False
    error: GatewayError | None = None


@pytest.fixture(autouse=True)
def _propagator() -> Iterator[None]:
    before = propagate.get_global_textmap()
    propagate.set_global_textmap(TraceContextTextMapPropagator())
    yield
    propagate.set_global_textmap(before)


def begun(*headers: tuple[str, str]) -> SpanContext:
    """Begin a request with such headers and end it; what it was carried on by is returned."""
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    state = {"request_id": "x"}
    end = RequestSpans(Kept().tracer).begin({"headers": raw, "method": "GET", "state": state})
    context = get_current_span().get_span_context()
    end(Over())
    return context


def trace_of(*headers: tuple[str, str]) -> str:
    return f"{begun(*headers).trace_id:032x}"


def states(*values: str) -> str:
    context = begun(("traceparent", PARENT), *(("tracestate", value) for value in values))
    assert f"{context.trace_id:032x}" == TRACE
    return context.trace_state.to_header()


@pytest.mark.parametrize(
    "parent",
    [PARENT, f" {PARENT}\t", f"00-{TRACE}-{CALLER}-ff", LATER, f"{LATER}-more", f"{LATER}-"],
)
def test_a_request_joins_the_trace_of_its_caller(parent: str) -> None:
    assert trace_of(("traceparent", parent)) == TRACE


@pytest.mark.parametrize(
    "parent",
    [
        f"ff-{TRACE}-{CALLER}-01",
        f"ff-{TRACE}-{CALLER}-01-more",
        f"00-{TRACE}-{CALLER}-01-more",
        f"{LATER}.more",
        f"00-{'0' * 32}-{CALLER}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{CALLER}-01",
        f"00-{TRACE}-{CALLER.upper()}-01",
        f"00-{TRACE}-{CALLER}-0A",
        f"00-{TRACE[1:]}-{CALLER}-01",
        f"00-{TRACE}-{CALLER}",
        "",
    ],
)
def test_what_is_no_parent_begins_a_trace_of_its_own(parent: str) -> None:
    context = begun(("traceparent", parent), ("tracestate", "a=1"))

    assert context.is_valid
    assert f"{context.trace_id:032x}" not in {TRACE, "0" * 32}
    assert not context.trace_state


@pytest.mark.parametrize(
    "parents",
    [
        (PARENT, PARENT),
        (PARENT, OTHER),
        (OTHER, PARENT),
        ("", PARENT),
        (f"{LATER}-more", LATER),
        (f"{LATER}-more,{LATER}",),
    ],
)
def test_of_several_parents_none_is_believed(parents: Sequence[str]) -> None:
    headers = [("traceparent", parent) for parent in parents]

    context = begun(*headers, ("tracestate", "a=1"))

    assert f"{context.trace_id:032x}" not in {TRACE, TRACE[::-1]}
    assert not context.trace_state


@pytest.mark.parametrize(
    ("values", "state"),
    [
        (("a=1,b=2",), "a=1,b=2"),
        (("b=2", "a=1"), "b=2,a=1"),
        (("c=3,b=2", "", "a=1"), "c=3,b=2,a=1"),
        (("a=1 ,\tb=2,,",), "a=1,b=2"),
        (("t@v=x=",), ""),
        (("a=1,A=2",), ""),
        (("a=1", "a=2"), ""),
        (("a=\xe9",), ""),
        ((f"a={'x' * 256}",), f"a={'x' * 256}"),
        ((f"a={'x' * 257}",), ""),
    ],
)
def test_what_vendors_say_goes_on_in_order_or_not_at_all(values: Sequence[str], state: str) -> None:
    assert states(*values) == state


@pytest.mark.parametrize("together", [True, False], ids=["in one header", "each in its own"])
def test_there_is_a_bound_on_what_vendors_say(*, together: bool) -> None:
    members = [f"k{number}=v" for number in range(LIMIT + 1)]

    def told(members: Sequence[str]) -> str:
        return states(",".join(members)) if together else states(*members)

    assert told(members[1:]) == ",".join(members[1:])
    assert told(members) == ""


def test_of_what_an_error_says_the_beginning_is_told() -> None:
    kept = Kept()
    scope = {"headers": [], "method": "GET", "state": {"request_id": "x"}}

    RequestSpans(kept.tracer).begin(scope)(Over(status=404, error=ModelNotFound("x" * 10_000)))

    (event,) = kept.spans[0].events
    assert (event.attributes or {})["exception.message"] == f"model '{'x' * 493}"
