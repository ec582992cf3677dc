"""Spans on their way: over TLS, with certificates of both sides, compressed, and only so long."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
import trustme
from opentelemetry import propagate

from tests.collector import SERVER, Collector
from tests.e2e.server import scrubbed
from tests.integration.served import serving
from tests.integration.test_secrets import everything_logged

OFFLINE = '[[backends]]\nname = "off"\nkind = "offline"\n'
LOST = "could not be sent to the collector"
TOP = Path(__file__).parents[2]
PROTOCOLS = {"http/protobuf": "application/x-protobuf", "http/json": "application/json"}
FOR_ALL, FOR_TRACES = "OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_TRACES_"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in set(os.environ) - set(scrubbed(os.environ)):
        monkeypatch.delenv(name)
    before = propagate.get_global_textmap()
    yield
    propagate.set_global_textmap(before)


class Parties:
    """A collector's context, and the files of a client."""

    def __init__(self, folder: Path) -> None:
        self._authority, clients = trustme.CA(), trustme.CA()
        mine = clients.issue_cert("llamaport")
        self.authority = str(folder / "ca.pem")
        self.certificate = str(folder / "cert.pem")
        self.key = str(folder / "key.pem")
        self.both = str(folder / "both.pem")
        self.stranger = str(folder / "stranger.pem")
        self._authority.cert_pem.write_to_path(self.authority)
        mine.cert_chain_pems[0].write_to_path(self.certificate)
        mine.private_key_pem.write_to_path(self.key)
        mine.private_key_and_cert_chain_pem.write_to_path(self.both)
        trustme.CA().cert_pem.write_to_path(self.stranger)
        self._clients = clients

    def context(self, *, asks: bool = False) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert("localhost").configure_cert(context)
        if asks:
            context.verify_mode = ssl.CERT_REQUIRED
            self._clients.configure_trust(context)
        return context


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Parties:
    return Parties(tmp_path_factory.mktemp("pem"))


async def served_once() -> str:
    """Serve one request, and return what the log says once all is sent or given up."""
    with everything_logged() as text:
        async with serving(OFFLINE) as served:
            await served.client.get("/api/version")
    return text.getvalue()


@pytest.mark.parametrize("prefix", [FOR_ALL, FOR_TRACES])
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_collector_is_believed_by_the_authority_that_is_named(
    monkeypatch: pytest.MonkeyPatch, parties: Parties, prefix: str, protocol: str
) -> None:
    monkeypatch.setenv(f"{prefix}PROTOCOL", protocol)
    # This is for any server; the named one is for the collector.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", parties.stranger)
    monkeypatch.setenv(f"{prefix}CERTIFICATE", parties.authority)
    with Collector(tls=parties.context()) as collector:
        monkeypatch.setenv(f"{prefix}ENDPOINT", collector.url)
        log = await served_once()

    assert collector.one(SERVER).name == "GET /api/version"
    assert LOST not in log


async def test_a_collector_of_a_stranger_gets_nothing(
    monkeypatch: pytest.MonkeyPatch, parties: Parties
) -> None:
    monkeypatch.setenv(f"{FOR_ALL}CERTIFICATE", parties.stranger)
    monkeypatch.setenv(f"{FOR_ALL}TIMEOUT", "300")
    with Collector(tls=parties.context()) as collector:
        monkeypatch.setenv(f"{FOR_ALL}ENDPOINT", collector.url)
        log = await served_once()

    assert not collector.paths
    assert log.count(LOST) == 1


@pytest.mark.parametrize("files", ["two", "one", "none"])
async def test_a_collector_that_asks_for_a_certificate_gets_it(
    monkeypatch: pytest.MonkeyPatch, parties: Parties, files: str
) -> None:
    monkeypatch.setenv(f"{FOR_ALL}CERTIFICATE", parties.authority)
    if files == "none":
        monkeypatch.setenv(f"{FOR_ALL}TIMEOUT", "300")
    elif files == "two":
        monkeypatch.setenv(f"{FOR_ALL}CLIENT_CERTIFICATE", parties.certificate)
        monkeypatch.setenv(f"{FOR_TRACES}CLIENT_KEY", parties.key)
    elif files == "one":
        monkeypatch.setenv(f"{FOR_ALL}CLIENT_CERTIFICATE", parties.both)
    with Collector(tls=parties.context(asks=True)) as collector:
        monkeypatch.setenv(f"{FOR_ALL}ENDPOINT", collector.url)
        log = await served_once()

    assert (LOST in log) is (files == "none")
    shown = [bool(certificate) for certificate in collector.certificates]
    assert shown == ([] if files == "none" else [True])
    assert len(collector.spans) == len(shown)


@pytest.mark.parametrize("prefix", [FOR_ALL, FOR_TRACES])
@pytest.mark.parametrize("kind", ["none", "gzip", "deflate"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_spans_are_compressed_as_asked(
    monkeypatch: pytest.MonkeyPatch, prefix: str, kind: str, protocol: str
) -> None:
    monkeypatch.setenv(f"{prefix}PROTOCOL", protocol)
    monkeypatch.setenv(f"{prefix}COMPRESSION", kind)
    with Collector() as collector:
        monkeypatch.setenv(f"{FOR_ALL}ENDPOINT", collector.url)
        await served_once()

    assert collector.one(SERVER).name == "GET /api/version"
    assert collector.headers[0].get("content-encoding", "none") == kind
    assert collector.headers[0]["content-type"] == PROTOCOLS[protocol]


@pytest.mark.parametrize(
    ("tls", "protocol"),
    [(True, "http/protobuf"), (False, "http/protobuf"), (False, "http/json")],
)
async def test_a_collector_that_does_not_answer_is_given_up_in_time(
    monkeypatch: pytest.MonkeyPatch, parties: Parties, *, tls: bool, protocol: str
) -> None:
    monkeypatch.setenv(f"{FOR_ALL}PROTOCOL", protocol)
    monkeypatch.setenv(f"{FOR_ALL}CERTIFICATE", parties.authority)
    monkeypatch.setenv(f"{FOR_ALL}TIMEOUT", "300")
    with Collector(stuck=True, tls=parties.context() if tls else None) as collector:
        monkeypatch.setenv(f"{FOR_ALL}ENDPOINT", collector.url)
        begun = monotonic()
        log = await served_once()
        took = monotonic() - begun

    assert collector.paths == ["/v1/traces"]
    assert log.count(LOST) == 1
    # As seconds they would be five minutes, and the end of the server waits for three seconds.
    assert 0.3 < took < 2


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_spans_that_are_refused_of_a_batch_are_told_and_not_sent_again(
    monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    monkeypatch.setenv(f"{FOR_ALL}PROTOCOL", protocol)
    with Collector(refused=1, said="too old") as collector:
        monkeypatch.setenv(f"{FOR_ALL}ENDPOINT", collector.url)
        log = await served_once()

    assert log.count("1 spans so far were refused by the collector: too old") == 1
    assert len(collector.paths) == 1


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/missing.pem"),
        ("OTEL_PROPAGATORS", "carrier-pigeon"),
        ("OTEL_LOG_LEVEL", "loud"),
        ("OTEL_CONFIG_FILE", "/missing.yaml"),
        ("OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER", "nobody"),
    ],
)
def test_a_variable_that_is_wrong_ends_the_start_with_one_line(
    tmp_path: Path, name: str, value: str, workers: int
) -> None:
    command = [sys.executable, "-m", "app", "serve", "--port", "0", "--workers", str(workers)]
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", name: value}
    (tmp_path / "llamaport.toml").write_text(OFFLINE, encoding="ascii")

    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=scrubbed(os.environ) | {"PYTHONPATH": str(TOP)} | variables,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    (line,) = done.stderr.splitlines()
    assert line.startswith("llamaport: ")
    assert "OTEL_" in line
    assert done.returncode in {1, 2}


@pytest.mark.parametrize("level", ["", "error", "debug"])
async def test_what_the_libraries_say_is_logged_where_it_is_asked_for_and_holds_no_secret(
    monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    monkeypatch.setenv("OTEL_LOG_LEVEL", level)
    address = "http://me:canary-password@127.0.0.1:1/canary-path?team=canary-query"
    monkeypatch.setenv(f"{FOR_TRACES}ENDPOINT", address)
    monkeypatch.setenv(f"{FOR_ALL}TIMEOUT", "300")
    # The second is none, which the library says when it reads it.
    monkeypatch.setenv(f"{FOR_ALL}HEADERS", 'x-team=canary-header,x-other="canary;value')

    log = await served_once()

    assert ("Failed to export spans batch" in log) is bool(level)
    assert ("Header format invalid!" in log) is (level == "debug")
    assert LOST in log
    assert "canary" not in log.replace("canary-path", "")
