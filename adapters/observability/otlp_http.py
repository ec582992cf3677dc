"""OpenTelemetry's exporter of OTLP over HTTP, with what is sent encoded by our own code.

Whoever answers may not be a collector: an address that is wrong leads to redirects, to pages, to
streams without an end.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from requests import PreparedRequest, RequestException, Response, Session

from adapters.observability import encoding, json_encoding
from adapters.observability.answers import Taken, decode, decode_json
from adapters.observability.exporting import Losses

LARGEST_ANSWER = 65_536
"""Bytes of an answer that are read, so that its connection is kept. A collector's are a few."""

_AT_ONCE = 8192
_TAKEN = range(200, 300)
_OTHERS_SESSION = (
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER",
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_TRACES_CREDENTIAL_PROVIDER",
)
"""Variables that name a package whose session brings credentials."""


class Wire(Struct, frozen=True):
    """What spans are written as, and answers are read as."""

    content_type: str
    encode: Callable[[Sequence[ReadableSpan]], bytes]
    decode: Callable[[bytes], Taken]


PROTOBUF = Wire("application/x-protobuf", encoding.encode, decode)
JSON = Wire("application/json", json_encoding.encode, decode_json)


class HttpSpanExporter(OTLPSpanExporter):
    """Sends by the same client: tries, TLS, headers and the endpoint of the variables."""

    def __init__(  # noqa: PLR0913 - each is of its own, and named
        self,
        endpoint: str | None,
        losses: Losses,
        *,
        headers: Mapping[str, str] = {},
        timeout: float = 10.0,
        compression: str = "none",
        certificate: str = "",
        client: tuple[str, str] = ("", ""),
        wire: Wire = PROTOBUF,
    ) -> None:
        """Send to an endpoint, or to the one that the variables name.

        `headers` come beside those of the variables, `timeout` is in seconds, `client` the files
        of a certificate and of its key. What the collector takes but in part is told to `losses`.
        """
        self._losses = losses
        self._wire = wire
        self._answered = BoundedSession(wire.content_type)
        session = None if any(map(os.environ.get, _OTHERS_SESSION)) else self._answered
        super().__init__(
            endpoint,
            certificate_file=certificate or None,
            client_certificate_file=client[0] or None,
            client_key_file=client[1] or None,
            timeout=timeout,
            compression=Compression(compression),
            session=session,
            headers={**headers, "content-type": wire.content_type},
        )

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch."""
        if self._shutdown:
            return SpanExportResult.FAILURE
        # The client takes a redirect, which it does not follow, for a success.
        status = self._client.export(self._wire.encode(spans)).status_code
        if status not in _TAKEN:
            return SpanExportResult.FAILURE
        # Those that were refused must not be sent again.
        taken = self._wire.decode(self._answered.answer)
        if taken.refused or taken.said:
            self._losses.refused(min(taken.refused, len(spans)), taken.said)
        return SpanExportResult.SUCCESS


class BoundedSession(Session):
    """Reads of an answer no more than a bound."""

    def __init__(self, content_type: str) -> None:
        super().__init__()
        self.answer = b""
        """The last one, where it is whole and of that type."""
        self._content_type = content_type

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """Let a certificate that was named win over REQUESTS_CA_BUNDLE, which is for any server."""
        verify = self.verify if verify is None else verify
        return super().merge_environment_settings(url, proxies, stream, verify, cert)

    def send(self, request: PreparedRequest, **how: Any) -> Response:
        """Send a request, and close the connection behind an answer that is too long."""
        self.answer = b""
        response = super().send(request, **{**how, "stream": True})
        content = _content(response)
        if content is None:
            response.close()
        elif response.headers.get("content-type", "").startswith(self._content_type):
            self.answer = content
        return response


def _content(response: Response) -> bytes | None:
    content = b""
    try:
        for piece in response.iter_content(_AT_ONCE):
            content += piece
            if len(content) > LARGEST_ANSWER:
                return None
    except RequestException:
        return None  # there is still the status
    return content
