"""Letting others hear what the log is told of requests."""

from __future__ import annotations

from msgspec.structs import replace

from adapters.observability.metrics.requests import RequestMetrics
from adapters.web.admission import Scope
from adapters.web.door import Ending, Reports, RequestRecord
from adapters.web.pulse import Pulse
from app.telemetry.instruments import RequestListener


def counted(log: Reports, pulse: Pulse, metrics: RequestMetrics) -> Reports:
    """Count what the log is told, before it is."""

    def begin(scope: Scope) -> Ending:
        metrics.begin(scope["path"])
        return _no_more

    def finish(record: RequestRecord) -> None:
        pulse.count(record)
        metrics.finish(record)
        log.on_finish(record)

    return replace(log, on_begin=begin, on_finish=finish)


def _no_more(_record: RequestRecord) -> None:
    """Do nothing: what there was to do at the end is done."""


def listened(log: Reports, listener: RequestListener | None) -> Reports:
    """Tell both: the listener is the last to learn of a beginning and the first of an end."""
    log_begins = log.on_begin
    if listener is None or log_begins is None:
        return log

    def begin(scope: Scope) -> Ending:
        log_ends, ends = log_begins(scope), listener.begin(scope)

        def end(record: RequestRecord) -> None:
            ends(record)
            log_ends(record)

        return end

    def bug(error: Exception) -> None:
        listener.bug(error)
        log.on_bug(error)

    return replace(log, on_begin=begin, on_bug=bug)
