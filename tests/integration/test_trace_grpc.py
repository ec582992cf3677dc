"""Spans by gRPC, as the extra `otlp-grpc` has it, to a real receiver."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic
from typing import Any, Self

import grpc
import pytest
import trustme
from opentelemetry import propagate
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as service
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.collector import decoded
from tests.e2e.server import scrubbed
from tests.integration.served import serving
from tests.integration.test_secrets import everything_logged

OFFLINE = '[[backends]]\nname = "off"\nkind = "offline"\n'
PREFIX = "OTEL_EXPORTER_OTLP_"
LOST = "could not be sent to the collector"


class GrpcCollector(service.TraceServiceServicer):
    """Keeps the names of the spans it gets, and the metadata they come with.

    With `stuck` it answers nothing before the end.
    """

    def __init__(
        self, *, stuck: bool = False, credentials: grpc.ServerCredentials | None = None
    ) -> None:
        self.names: list[str] = []
        self.metadata: list[Mapping[str, Any]] = []
        self._stuck = stuck
        self._credentials = credentials
        self._over = Event()

    def __enter__(self) -> Self:
        self._server = grpc.server(ThreadPoolExecutor(max_workers=2))
        service.add_TraceServiceServicer_to_server(self, self._server)
        if self._credentials is None:
            self.url = f"http://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        else:
            port = self._server.add_secure_port("127.0.0.1:0", self._credentials)
            self.url = f"https://localhost:{port}"
        self._server.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._server.stop(None).wait(5)

    def Export(  # noqa: N802 - gRPC's name
        self, request: ExportTraceServiceRequest, context: grpc.ServicerContext
    ) -> ExportTraceServiceResponse:
        self.metadata.append(dict(context.invocation_metadata()))
        if self._stuck:
            self._over.wait()
        self.names += [span.name for span in decoded(request.SerializeToString())]
        return ExportTraceServiceResponse()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in set(os.environ) - set(scrubbed(os.environ)):
        monkeypatch.delenv(name)
    monkeypatch.setenv(f"{PREFIX}PROTOCOL", "grpc")
    before = propagate.get_global_textmap()
    yield
    propagate.set_global_textmap(before)


async def log_of_one_request() -> str:
    with everything_logged() as text:
        async with serving(OFFLINE) as served:
            await served.client.get("/api/version")
    return text.getvalue()


@pytest.mark.parametrize("compression", ["none", "gzip"])
async def test_spans_arrive_with_the_headers_that_were_asked_for(
    monkeypatch: pytest.MonkeyPatch, compression: str
) -> None:
    monkeypatch.setenv(f"{PREFIX}HEADERS", "x-tenant=blue")
    monkeypatch.setenv(f"{PREFIX}COMPRESSION", compression)
    with GrpcCollector() as collector:
        monkeypatch.setenv(f"{PREFIX}ENDPOINT", collector.url)
        log = await log_of_one_request()

    assert collector.names == ["GET /api/version"]
    assert collector.metadata[0]["x-tenant"] == "blue"
    assert LOST not in log


@pytest.mark.parametrize("shows", [True, False])
async def test_both_sides_may_ask_for_a_certificate(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, *, shows: bool
) -> None:
    folder = tmp_path_factory.mktemp("pem")
    authority = trustme.CA()
    mine, theirs = authority.issue_cert("llamaport"), authority.issue_cert("localhost")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    mine.private_key_and_cert_chain_pem.write_to_path(str(folder / "mine.pem"))
    pair = (theirs.private_key_pem.bytes(), theirs.cert_chain_pems[0].bytes())
    asking = grpc.ssl_server_credentials(
        [pair], root_certificates=authority.cert_pem.bytes(), require_client_auth=True
    )
    monkeypatch.setenv(f"{PREFIX}CERTIFICATE", str(folder / "ca.pem"))
    monkeypatch.setenv(f"{PREFIX}TIMEOUT", "500")
    if shows:
        monkeypatch.setenv(f"{PREFIX}CLIENT_CERTIFICATE", str(folder / "mine.pem"))
        monkeypatch.setenv(f"{PREFIX}TIMEOUT", "5000")
    with GrpcCollector(credentials=asking) as collector:
        monkeypatch.setenv(f"{PREFIX}ENDPOINT", collector.url)
        log = await log_of_one_request()

    assert collector.names == (["GET /api/version"] if shows else [])
    assert (LOST in log) is not shows


async def test_a_collector_that_does_not_answer_is_given_up_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(f"{PREFIX}TIMEOUT", "300")
    with GrpcCollector(stuck=True) as collector:
        monkeypatch.setenv(f"{PREFIX}ENDPOINT", collector.url)
        begun = monotonic()
        log = await log_of_one_request()
        took = monotonic() - begun

    assert log.count(LOST) == 1
    assert 0.3 < took < 3


@pytest.mark.parametrize(
    "variables",
    [
        {"INSECURE": "true"},
        {"TRACES_INSECURE": "True", "INSECURE": "false"},
        # Compose files set what is not given to nothing.
        {"INSECURE": "true", "TRACES_INSECURE": "", "TRACES_TIMEOUT": "", "TRACES_ENDPOINT": ""},
    ],
)
async def test_a_collector_without_a_scheme_is_spoken_with_in_the_clear_where_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"{PREFIX}{name}", value)
    with GrpcCollector() as collector:
        monkeypatch.setenv(f"{PREFIX}ENDPOINT", collector.url.removeprefix("http://"))
        log = await log_of_one_request()

    assert collector.names == ["GET /api/version"]
    assert LOST not in log
