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
        (HERE, {"OTEL_TRACES_EXPORTER": "none"}, False),
        (HERE, {"OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_traces_are_wanted_where_there_is_somewhere_to_send_them(
    settings: Telemetry, environ: Mapping[str, str], *, wanted: bool
) -> None:
    assert otlp.wanted(settings, environ) is wanted


@pytest.mark.parametrize(
    "name", ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"]
)
@pytest.mark.parametrize(("protocol", "why"), [("grpc", "needs the extra"), ("http/json", "only")])
def test_a_protocol_that_cannot_be_spoken_is_refused(name: str, protocol: str, why: str) -> None:
    with pytest.raises(otlp.CannotExport, match=why):
        otlp.check(HERE, {name: protocol})

    otlp.check(Telemetry(), {name: protocol})


def test_a_server_without_traces_imports_nothing_for_them() -> None:
    code = (
        "import sys; from app.asgi import create_app; from app.settings import Settings;"
        "create_app(Settings());"
        "print([name for name in sys.modules if name.partition('.')[0] in"
        " {'opentelemetry', 'requests', 'google', 'urllib3', 'wrapt'}])"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    run = [sys.executable, "-c", code]

    done = subprocess.run(run, cwd=TOP, env=environ, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
