"""The metrics that llamaport has, and the labels of each: what rules and dashboard may ask for."""

from __future__ import annotations

HISTOGRAM = ("_bucket", "_sum", "_count")

COUNTERS = {
    "llamaport_http_requests_total": {"route", "dialect", "status"},
    "llamaport_http_errors_total": {"dialect", "error"},
    "llamaport_http_request_bytes_total": {"route", "dialect"},
    "llamaport_http_response_bytes_total": {"route", "dialect"},
    "llamaport_streams_total": {"dialect", "backend"},
    "llamaport_streams_cancelled_total": {"dialect", "backend"},
    "llamaport_stream_chunks_total": {"dialect"},
    "llamaport_stream_bytes_total": {"dialect"},
    "llamaport_upstream_requests_total": {"backend", "model", "error"},
    "llamaport_slow_requests_total": {"route"},
    "llamaport_tokens_total": {"backend", "model", "kind"},
    "llamaport_cost_usd_total": {"backend", "model"},
    "llamaport_spans_dropped_total": set[str](),
    "llamaport_process_cpu_seconds_total": set[str](),
    "llamaport_process_disk_bytes_total": {"direction"},
    "llamaport_process_network_bytes_total": {"direction"},
    "llamaport_gc_collections_total": {"generation"},
}
GAUGES = {
    "llamaport_http_requests_active": {"dialect"},
    "llamaport_streams_active": {"dialect"},
    "llamaport_backend_up": {"backend"},
    "llamaport_process_resident_memory_bytes": set[str](),
    "llamaport_process_open_files": set[str](),
    "llamaport_process_threads": set[str](),
    "llamaport_process_uptime_seconds": set[str](),
}
HISTOGRAMS = {
    "llamaport_http_request_duration_seconds": {"route", "dialect"},
    "llamaport_stream_first_byte_seconds": {"dialect"},
    "llamaport_upstream_duration_seconds": {"backend"},
    "llamaport_translation_duration_seconds": {"dialect"},
    "llamaport_added_latency_seconds": {"dialect"},
    "llamaport_time_to_first_token_seconds": {"backend", "model"},
    "llamaport_time_per_output_token_seconds": {"backend", "model"},
    "llamaport_event_loop_lag_seconds": set[str](),
}
SERIES = (
    COUNTERS
    | GAUGES
    | {
        f"{name}{part}": labels | ({"le"} if part == "_bucket" else set())
        for name, labels in HISTOGRAMS.items()
        for part in HISTOGRAM
    }
)
"""Every series by its name in a query, with the labels that it has of itself."""
