"""Which of OpenTelemetry's variables end the start, with which line."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path

import opentelemetry.environment_variables as of_the_api
import opentelemetry.sdk.environment_variables as of_the_sdk
import pytest

from app.settings import Settings
from app.telemetry import variables
from app.telemetry.otlp import CannotExport
from app.telemetry.watching import instruments

PAGE = (Path(__file__).parents[4] / "docs" / "configuration.md").read_text()
TABLES = (
    PAGE.partition("\n## `[telemetry]`\n")[2].partition("\n## ")[0].partition("These have none:")
)
EFFECTIVE, WITHOUT_EFFECT = (
    {
        name
        for row in re.findall(r"^\| (`OTEL.*?) \|", part, re.MULTILINE)
        for name in re.findall(r"`(OTEL_[A-Z_*]+)`", row)
    }
    for part in (TABLES[0], TABLES[2])
)
STANDARD = {
    value
    for module in (of_the_api, of_the_sdk)
    for value in vars(module).values()
    if isinstance(value, str) and re.fullmatch(r"OTEL_[A-Z_]+", value)
}
ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("OTEL_SDK_DISABLED", "1", "true or false is expected"),
        ("OTEL_EXPORTER_OTLP_INSECURE", "yes", "true or false is expected"),
        ("OTEL_EXPORTER_OTLP_TRACES_INSECURE", "yes", "true or false is expected"),
        ("OTEL_PROPAGATORS", "tracecontext, b3", "no package that is installed brings b3"),
        ("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS", "os,x", "no package that is installed brings x"),
        ("OTEL_PYTHON_CONTEXT", "x", "no package that is installed brings x"),
        ("OTEL_PYTHON_HTTPX_EXCLUDED_URLS", "a,(", "regular expressions are expected"),
        (
            "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST",
            "[",
            "regular expressions are expected",
        ),
        ("OTEL_RESOURCE_ATTRIBUTES", "a=b,canary", "name=value is expected"),
        ("OTEL_RESOURCE_ATTRIBUTES", "=canary", "name=value is expected"),
    ],
)
def test_a_variable_that_makes_no_sense_ends_the_start_with_a_line(
    name: str, value: str, why: str
) -> None:
    with pytest.raises(CannotExport, match=f"^{name}: .*{why}") as caught:
        instruments(Settings(), ENDPOINT | {name: value})

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_SDK_DISABLED", "False"),
        ("OTEL_EXPORTER_OTLP_INSECURE", " TRUE "),
        ("OTEL_PROPAGATORS", "tracecontext, baggage,tracecontext,"),
        ("OTEL_PROPAGATORS", "None"),
        ("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS", "*"),
        ("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS", "otel, process"),
        ("OTEL_PYTHON_CONTEXT", "contextvars_context"),
        ("OTEL_PYTHON_EXCLUDED_URLS", "https://a/.*,b"),
        ("OTEL_RESOURCE_ATTRIBUTES", " a = b%20c , d=,"),
        ("OTEL_RESOURCE_ATTRIBUTES", ""),
    ],
)
def test_one_that_does_is_let_be(name: str, value: str) -> None:
    variables.check({name: value})


def test_empty_ones_are_none() -> None:
    environ = {"OTEL_A": "", "OTEL_B": " ", "OTEL_C": "c", "A": ""}

    variables.drop_empty(environ)

    assert environ == {"OTEL_C": "c", "A": ""}


def test_every_variable_that_the_libraries_know_is_documented() -> None:
    left = {name for name in STANDARD if not {name, name.replace("_TRACES_", "_")} & EFFECTIVE}

    assert len(STANDARD) > 80
    assert [name for name in left if not any(fnmatchcase(name, it) for it in WITHOUT_EFFECT)] == []


def test_none_is_documented_as_with_and_without_an_effect() -> None:
    assert [name for name in EFFECTIVE if any(fnmatchcase(name, it) for it in WITHOUT_EFFECT)] == []
