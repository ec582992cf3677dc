"""OpenTelemetry's exporter of OTLP over HTTP, with what is sent encoded by `encoding`.

Whoever answers may not be a collector: an address that is wrong leads to redirects, to pages, to
streams without an end.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from requests import PreparedRequest, RequestException, Response, Session

from adapters.observability.encoding import encode

LARGEST_ANSWER = 65_536
"""Bytes of an answer that are read, so that its connection is kept. A collector's are a few."""

_AT_ONCE = 8192
_TAKEN = range(200, 300)
_OTHERS_SESSION = (
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER",
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_TRACES_CREDENTIAL_PROVIDER",
)
"""Variables that name a package whose session brings credentials."""


class HttpSpanExporter(OTLPSpanExporter):
    """Reads the same variables and sends by the same client: addresses, TLS, tries, compression."""

    def __init__(self, endpoint: str | None) -> None:
        """Send to an endpoint, or to the one that the variables name."""
        session = None if any(map(os.environ.get, _OTHERS_SESSION)) else BoundedSession()
        super().__init__(endpoint, session=session)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch."""
        if self._shutdown:
            return SpanExportResult.FAILURE
        # The client takes a redirect, which it does not follow, for a success.
        status = self._client.export(encode(spans)).status_code
        return SpanExportResult.SUCCESS if status in _TAKEN else SpanExportResult.FAILURE


class BoundedSession(Session):
    """Reads of an answer no more than a bound; nobody asks for its content."""

    def send(self, request: PreparedRequest, **how: Any) -> Response:
        """Send a request, and close the connection behind an answer that is too long."""
        response = super().send(request, **{**how, "stream": True})
        if not _is_over(response):
            response.close()
        return response


def _is_over(response: Response) -> bool:
    size = 0
    try:
        for piece in response.iter_content(_AT_ONCE):
            size += len(piece)
            if size > LARGEST_ANSWER:
                return False
    except RequestException:
        return False  # there is still the status
    return True
