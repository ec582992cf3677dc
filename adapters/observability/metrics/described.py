"""The routes that tell numbers, described. Errors have the form of the dialect of the path."""

from __future__ import annotations

from adapters.dialects.controlling.describing import (
    KEYED,
    TEXT,
    Answer,
    Content,
    Description,
    Operation,
    Words,
)
from adapters.dialects.ollama.described.dialect import OLLAMA
from adapters.dialects.openai.described.dialect import OPENAI
from adapters.observability.metrics.controller import MetricsHealth
from adapters.observability.metrics.summary import (
    Model,
    Performance,
    Requests,
    Streams,
    Summary,
    System,
    Times,
)

OPEN_METRICS = "application/openmetrics-text"


def _prometheus(path: str, text: str = "") -> Operation:
    return Operation(
        methods=("GET", "HEAD"),
        path=path,
        summary="Tell the metrics to Prometheus",
        text="Of all workers together. " + text,
        answers={
            200: Answer(
                text="In OpenMetrics 1.0.0, if `Accept` names that.",
                contents=(
                    Content(media_type=TEXT, shape={"type": "string"}),
                    Content(media_type=OPEN_METRICS, shape={"type": "string"}),
                ),
            )
        },
        errors=KEYED,
    )


METRICS = Description(
    name="Metrics",
    text="The numbers of this server.",
    operations=(_prometheus("/metrics"),),
    words={},
    render=OLLAMA.render,
    error=OLLAMA.error,
)

_HEALTH = (Content(shape=MetricsHealth),)

METRICS_V1 = Description(
    name="Metrics-v1",
    text="The same where similar proxies have them, with errors in OpenAI's form.",
    operations=(
        _prometheus("/v1/metrics/prometheus", "The same as `/metrics`."),
        Operation(
            methods=("GET", "HEAD"),
            path="/v1/metrics",
            summary="Tell the metrics as JSON",
            text="Of all workers together. Rates are those of the last minute, percentiles are "
            "estimated from the buckets of histograms, and both are for people: programs compute "
            "them from `/metrics`.",
            answers={200: Answer(text="All of them.", contents=(Content(shape=Summary),))},
            errors=KEYED,
        ),
        Operation(
            methods=("GET", "HEAD"),
            path="/v1/metrics/health",
            summary="Tell the few numbers that matter",
            answers={
                200: Answer(text="At least one backend can be used.", contents=_HEALTH),
                503: Answer(text="`unhealthy`: no backend can be used.", contents=_HEALTH),
            },
            errors=KEYED,
        ),
    ),
    words={
        Summary: Words(
            members={
                "uptime_seconds": "Since the oldest worker has started.",
                "backends": "By name, whether it answers. Absent while nothing is known.",
                "spans_dropped": "Spans that never got to the collector, or that it refused.",
            }
        ),
        Requests: Words(
            members={
                "total": "Requests that are over.",
                "active": "Requests that are not, this one included.",
                "errors": "Requests that were refused or failed.",
                "error_rate": "Of the requests of the last minute, the share that this server or "
                "a backend failed.",
            }
        ),
        Streams: Words(members={"active": "Streams that a backend is sending."}),
        Performance: Words(
            members={
                "translation_seconds": "Reading, routing and writing of what is translated.",
                "upstream_seconds": "From a backend's being asked to the end of its answer.",
                "added_latency_seconds": "What this server took itself, to the first byte.",
                "slow_requests": "Those whose first byte took longer than 10 s.",
            }
        ),
        Model: Words(
            members={
                "model": "`other`: those that are not listed.",
                "errors": "Exchanges that failed.",
                "cancelled": "Exchanges whose client hung up, which is no error.",
                "tokens": "By kind, as far as the backend counts them.",
                "cost_usd": "`null` where the backend does not say.",
            }
        ),
        System: Words(members={"cpu_seconds": "`null`, here and below, is what is not known."}),
        Times: Words(members={"count": "How many times these are."}),
        MetricsHealth: Words(
            members={
                "status": {"enum": ["healthy", "degraded", "unhealthy"]},
                "error_rate": "Of the requests of the last minute.",
                "p95_seconds": "Of all requests, from the head to the last byte.",
            }
        ),
    },
    render=OPENAI.render,
    error=OPENAI.error,
)
