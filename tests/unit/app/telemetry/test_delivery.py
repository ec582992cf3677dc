"""What the variables say of sending spans, and that what is wrong with them is one line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import trustme

from app.settings.tree import Telemetry
from app.telemetry import otlp
from app.telemetry.delivery import GRPC, HTTP, Delivery, delivery

FOR_ALL, FOR_TRACES = "OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_TRACES_"
HERE = Telemetry(otlp_endpoint="http://collector:4318")


class Files:
    """Files of certificates, good and bad."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        issued, other = authority.issue_cert("me"), authority.issue_cert("another")
        self.folder = str(folder)
        self.missing = str(folder / "missing.pem")
        self.authority = str(folder / "ca.pem")
        self.certificate = str(folder / "cert.pem")
        self.key = str(folder / "key.pem")
        self.both = str(folder / "both.pem")
        self.other_key = str(folder / "other.pem")
        self.text = str(folder / "text.pem")
        authority.cert_pem.write_to_path(self.authority)
        issued.cert_chain_pems[0].write_to_path(self.certificate)
        issued.private_key_pem.write_to_path(self.key)
        issued.private_key_and_cert_chain_pem.write_to_path(self.both)
        other.private_key_pem.write_to_path(self.other_key)
        Path(self.text).write_text("no certificate", encoding="ascii")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("pem"))


def refusal(environ: Mapping[str, str], protocol: str = HTTP) -> str:
    with pytest.raises(otlp.CannotExport) as caught:
        otlp.check(HERE, {"OTEL_EXPORTER_OTLP_PROTOCOL": protocol, **environ})
    said = str(caught.value)
    assert "\n" not in said
    return said


def test_without_variables_it_is_as_opentelemetry_specifies() -> None:
    assert delivery({}, HTTP) == Delivery(timeout=10.0, compression="none")


@pytest.mark.parametrize(("text", "seconds"), [("1", 0.001), ("10000", 10.0), (" 2500 ", 2.5)])
def test_a_timeout_is_in_milliseconds(text: str, seconds: float) -> None:
    assert delivery({f"{FOR_ALL}TIMEOUT": text}, HTTP).timeout == seconds


def test_a_variable_of_traces_wins(files: Files) -> None:
    environ = {
        f"{FOR_ALL}TIMEOUT": "1",
        f"{FOR_TRACES}TIMEOUT": "2000",
        f"{FOR_ALL}COMPRESSION": "none",
        f"{FOR_TRACES}COMPRESSION": "GZip",
        f"{FOR_ALL}CERTIFICATE": files.missing,
        f"{FOR_TRACES}CERTIFICATE": files.authority,
        f"{FOR_ALL}CLIENT_CERTIFICATE": files.certificate,
        f"{FOR_ALL}CLIENT_KEY": files.missing,
        f"{FOR_TRACES}CLIENT_KEY": files.key,
    }

    assert delivery(environ, GRPC) == Delivery(
        timeout=2.0,
        compression="gzip",
        certificate=files.authority,
        client_certificate=files.certificate,
        client_key=files.key,
    )


@pytest.mark.parametrize("text", ["0", "-1", "ten", "10s", "2.5", "1e4", "\u0663", "9" * 20])
@pytest.mark.parametrize("prefix", [FOR_ALL, FOR_TRACES])
def test_a_timeout_that_is_none_is_refused(prefix: str, text: str) -> None:
    expected = "a whole number of milliseconds is expected, above 0"
    assert refusal({f"{prefix}TIMEOUT": text}) == f"{prefix}TIMEOUT: {expected}"


@pytest.mark.parametrize(
    ("asked", "of_batches", "seconds"),
    [("", "30000", 10.0), ("", "2000", 2.0), ("3000", "2000", 2.0), ("1000", "2000", 1.0)],
)
def test_a_timeout_of_batches_counts_where_it_is_shorter(
    asked: str, of_batches: str, seconds: float
) -> None:
    environ = {f"{FOR_ALL}TIMEOUT": asked, "OTEL_BSP_EXPORT_TIMEOUT": of_batches}

    assert delivery(environ, HTTP).timeout == seconds


@pytest.mark.parametrize("exporter", ["otlp", "console"])
@pytest.mark.parametrize(
    "name", ["SCHEDULE_DELAY", "EXPORT_TIMEOUT", "MAX_QUEUE_SIZE", "MAX_EXPORT_BATCH_SIZE"]
)
@pytest.mark.parametrize("text", ["0", "-1", "many"])
def test_a_number_of_batches_that_is_none_is_refused(exporter: str, name: str, text: str) -> None:
    said = refusal({"OTEL_TRACES_EXPORTER": exporter, f"OTEL_BSP_{name}": text})

    assert said.startswith(f"OTEL_BSP_{name}: a whole number")
    assert said.endswith(" is expected, above 0")


def test_a_compression_that_the_protocol_does_not_have_is_refused() -> None:
    name = f"{FOR_TRACES}COMPRESSION"

    assert refusal({name: "brotli"}) == (
        f"{name}: none or gzip or deflate is expected with http/protobuf"
    )
    with pytest.raises(ValueError, match="none or gzip is expected with grpc"):
        delivery({name: "deflate"}, GRPC)


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("missing", "No such file or directory"),
        ("folder", "Is a directory"),
        ("text", "no certificates"),
        ("key", "no certificates"),
    ],
)
@pytest.mark.parametrize("prefix", [FOR_ALL, FOR_TRACES])
def test_a_file_without_authorities_is_refused(
    files: Files, prefix: str, file: str, why: str
) -> None:
    said = refusal({f"{prefix}CERTIFICATE": getattr(files, file)})

    assert said == f"{prefix}CERTIFICATE: found a path that cannot be used: {why}"


NO_PAIR = (
    f"{FOR_ALL}CLIENT_CERTIFICATE: found a path that cannot be used: "
    "no certificate, or no key without a password that belongs to it"
)


@pytest.mark.parametrize(
    ("certificate", "key", "why"),
    [
        ("text", "key", NO_PAIR),
        ("certificate", "text", NO_PAIR),
        ("certificate", "other_key", NO_PAIR),
        ("certificate", "", NO_PAIR),
        ("missing", "key", "CLIENT_CERTIFICATE: found a path that cannot be used: No such file"),
        ("certificate", "missing", "CLIENT_KEY: found a path that cannot be used: No such file"),
        ("", "key", f"CLIENT_KEY: needs {FOR_ALL}CLIENT_CERTIFICATE as well"),
    ],
)
def test_a_certificate_of_a_client_without_its_key_is_refused(
    files: Files, certificate: str, key: str, why: str
) -> None:
    environ = {
        f"{FOR_ALL}CLIENT_{what}": getattr(files, file)
        for what, file in (("CERTIFICATE", certificate), ("KEY", key))
        if file
    }

    assert why in refusal(environ)


def test_a_key_may_stand_beside_its_certificate(files: Files) -> None:
    environ = {f"{FOR_ALL}CLIENT_CERTIFICATE": files.both}

    assert delivery(environ, HTTP).client_certificate == files.both


def test_a_key_with_a_password_is_refused_and_nobody_is_asked_for_it(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - only here

    issued = trustme.CA().issue_cert("me")
    key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    file = tmp_path / "locked.pem"
    file.write_bytes(locked + issued.cert_chain_pems[0].bytes())

    assert refusal({f"{FOR_ALL}CLIENT_CERTIFICATE": str(file)}) == NO_PAIR


@pytest.mark.parametrize(
    "address", ["collector:4318", "nonsense", "ftp://x", "http://", "http://["]
)
def test_an_endpoint_that_is_no_address_is_refused(address: str) -> None:
    name = f"{FOR_ALL}ENDPOINT"

    assert refusal({name: address}) == f"{name}: http:// or https:// and a host are expected"
    assert delivery({name: "collector:4317"}, GRPC)


@pytest.mark.parametrize("headers", ["secret", "a=1,secret", "=secret"])
def test_headers_that_are_none_are_refused_without_a_word_of_them(headers: str) -> None:
    name = f"{FOR_ALL}HEADERS"

    assert refusal({name: headers}) == (
        f"{name}: name=value is expected, more of them after commas"
    )
    assert delivery({name: "a=1, b=2,,c=x="}, HTTP)


@pytest.mark.parametrize(
    ("sampler", "argument", "wrong"),
    [
        ("sometimes", "", "OTEL_TRACES_SAMPLER: "),
        ("parentbased_", "", "OTEL_TRACES_SAMPLER: "),
        ("traceidratio", "half", "OTEL_TRACES_SAMPLER_ARG: "),
        ("parentbased_traceidratio", "1.5", "OTEL_TRACES_SAMPLER_ARG: "),
        ("traceidratio", "nan", "OTEL_TRACES_SAMPLER_ARG: "),
    ],
)
def test_a_sampler_that_is_not_known_is_refused(sampler: str, argument: str, wrong: str) -> None:
    environ = {"OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": argument}

    assert refusal(environ).startswith(wrong)


@pytest.mark.parametrize("sampler", ["always_on", "parentbased_always_off", "Traceidratio"])
def test_a_sampler_that_is_known_is_taken(sampler: str) -> None:
    otlp.check(HERE, {"OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": "0.5"})
