"""Whether traces are wanted, as the settings and the standard variables say."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.settings.tree import Telemetry
from app.telemetry import otlp

HERE = Telemetry(otlp_endpoint="http://collector:4318")
TOP = Path(__file__).parents[4]


@pytest.mark.parametrize(
    ("settings", "environ", "wanted"),
    [
        (Telemetry(), {}, False),
        (HERE, {}, True),
        (Telemetry(), {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, True),
        (Telemetry(), {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x"}, True),
        (Telemetry(), {"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        (Telemetry(), {"OTEL_TRACES_EXPORTER": "otlp"}, True),
        (Telemetry(), {"OTEL_TRACES_EXPORTER": "console"}, True),
        (HERE, {"OTEL_TRACES_EXPORTER": " OTLP, console"}, True),
        (HERE, {"OTEL_TRACES_EXPORTER": "none"}, False),
        (HERE, {"OTEL_SDK_DISABLED": "true"}, False),
        (Telemetry(), {"OTEL_CONFIG_FILE": "otel.yaml"}, True),
        (HERE, {"OTEL_CONFIG_FILE": "otel.yaml", "OTEL_TRACES_EXPORTER": "none"}, True),
        (HERE, {"OTEL_CONFIG_FILE": "otel.yaml", "OTEL_SDK_DISABLED": "true"}, False),
        (Telemetry(), {"OTEL_CONFIG_FILE": " "}, False),
    ],
)
def test_traces_are_wanted_where_there_is_somewhere_to_send_them(
    settings: Telemetry, environ: Mapping[str, str], *, wanted: bool
) -> None:
    assert otlp.wanted(settings, environ) is wanted


@pytest.mark.parametrize(
    "name", ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"]
)
@pytest.mark.parametrize(("protocol", "why"), [("grpc", "needs the extra"), ("http/xml", "only")])
def test_a_protocol_that_cannot_be_spoken_is_refused(name: str, protocol: str, why: str) -> None:
    with pytest.raises(otlp.CannotExport, match=why):
        otlp.check(HERE, {name: protocol}, bool)

    otlp.check(Telemetry(), {name: protocol})


def test_a_file_is_refused_where_nothing_reads_it() -> None:
    variables = {"OTEL_CONFIG_FILE": "otel.yaml", "OTEL_TRACES_SAMPLER": "mine"}
    with pytest.raises(otlp.CannotExport, match=r"^OTEL_CONFIG_FILE: needs the extra llamaport\["):
        otlp.check(HERE, variables, reads_files=bool)

    # The other variables do not count, be they as wrong as they are.
    otlp.check(HERE, variables, reads_files=lambda: True)


@pytest.mark.parametrize("named", ["zipkin", "otlp,jaeger", "otlp,none"])
def test_an_exporter_that_is_not_here_is_refused(named: str) -> None:
    with pytest.raises(otlp.CannotExport, match="only otlp, console and none"):
        otlp.check(HERE, {"OTEL_TRACES_EXPORTER": named})


@pytest.mark.parametrize(
    ("environ", "needed"),
    [
        ({}, False),
        ({"OTEL_SEMCONV_STABILITY_OPT_IN": "http"}, False),
        ({"OTEL_SEMCONV_STABILITY_OPT_IN": "database, http/dup"}, True),
        ({"OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST": "accept"}, True),
        ({"OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE": "server"}, True),
        ({"OTEL_PYTHON_HTTPX_EXCLUDED_URLS": "internal"}, True),
    ],
)
def test_the_instrumentation_is_there_for_what_only_it_tells(
    environ: Mapping[str, str], *, needed: bool
) -> None:
    assert otlp.needs_instrumentation(environ) is needed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "-1"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "few"),
        ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "1.5"),
    ],
)
def test_a_variable_that_is_wrong_is_told_in_one_line(name: str, value: str) -> None:
    code = (
        "from app.settings import Settings; from app.telemetry.watching import instruments;"
        "from app.telemetry.otlp import CannotExport\n"
        "try: instruments(Settings())\n"
        "except CannotExport as error: print('refused:', error)"
    )
    environ = os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", name: value}
    run = [sys.executable, "-c", code]

    done = subprocess.run(run, cwd=TOP, env=environ, capture_output=True, text=True, check=True)

    (line,) = done.stdout.splitlines()
    assert line.startswith("refused: a variable OTEL_…: ")


@pytest.mark.parametrize(
    ("sampler", "argument", "share"),
    [
        ("", "0.5", 0.25),
        ("always_on", "0.5", 1.0),
        ("always_off", "", 0.0),
        ("traceidratio", "0.5", 0.5),
        ("TraceIdRatio", "", 1.0),
        ("parentbased_always_on", "", 1.0),
        ("parentbased_always_off", "", 0.0),
        ("parentbased_traceidratio", " 0 ", 0.0),
    ],
)
def test_the_share_that_is_kept_is_the_samplers(sampler: str, argument: str, share: float) -> None:
    environ = {"OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": argument}

    otlp.check(HERE, environ)

    assert otlp.share(Telemetry(sample_ratio=0.25), environ) == share


@pytest.mark.parametrize(
    ("variables", "nothing"),
    [
        ({}, {"opentelemetry", "requests", "google", "urllib3", "wrapt"}),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, {"jsonschema", "grpc"}),
    ],
)
def test_a_server_imports_nothing_for_what_it_is_not_asked_for(
    variables: Mapping[str, str], nothing: set[str]
) -> None:
    code = (
        "import sys; from app.asgi import create_app; from app.settings import Settings;"
        "create_app(Settings());"
        f"print([name for name in sys.modules if name.partition('.')[0] in {nothing}])"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    run = [sys.executable, "-c", code]

    done = subprocess.run(
        run, cwd=TOP, env=environ | variables, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
