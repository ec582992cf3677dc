"""OpenTelemetry's exporter of OTLP over HTTP, with what is sent encoded by `encoding`."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

from adapters.observability.encoding import encode


class HttpSpanExporter(OTLPSpanExporter):
    """Reads the same variables and sends by the same client: addresses, TLS, tries, compression."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch."""
        if self._shutdown:
            return SpanExportResult.FAILURE
        sent = self._client.export(encode(spans))
        return SpanExportResult.SUCCESS if sent.success else SpanExportResult.FAILURE
