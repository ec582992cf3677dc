"""The collector's configuration. No package has its schema, so this is checked by reading alone.

The workflow has the collector itself validate it (`otelcol-contrib validate`).
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests import compose
from tests.programs import CHECKOUT

CONFIG: dict[str, Any] = yaml.safe_load((CHECKOUT / "otel-collector.yaml").read_text())
SERVICE = CONFIG["service"]
PIPELINE = SERVICE["pipelines"]["traces"]


@pytest.mark.parametrize("kind", ["receivers", "processors", "exporters"])
def test_every_component_of_a_pipeline_is_defined_and_every_defined_one_is_used(kind: str) -> None:
    used = {name for pipeline in SERVICE["pipelines"].values() for name in pipeline[kind]}

    assert used == set(CONFIG[kind])


def test_every_extension_is_defined_and_used() -> None:
    assert SERVICE["extensions"] == list(CONFIG["extensions"]) == ["health_check"]


def test_memory_is_looked_at_before_anything_else() -> None:
    assert PIPELINE["processors"][0] == "memory_limiter"


def test_spans_go_on_in_batches() -> None:
    queue = CONFIG["exporters"]["otlp_grpc/jaeger"]["sending_queue"]

    assert 0 < queue["batch"]["min_size"] <= queue["batch"]["max_size"]


def test_it_is_reached_from_other_containers_where_llamaport_sends_to() -> None:
    protocols = CONFIG["receivers"]["otlp"]["protocols"]
    told = compose.services()["llamaport"]["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"]

    assert protocols["grpc"]["endpoint"] == "0.0.0.0:4317"
    assert protocols["http"]["endpoint"] == "0.0.0.0:4318"
    assert told == "http://otel-collector:4318"


def test_what_it_sends_to_is_a_service_of_the_compose_file() -> None:
    host, _, port = CONFIG["exporters"]["otlp_grpc/jaeger"]["endpoint"].partition(":")

    assert host in compose.services()
    assert port == "4317"


def test_it_is_mounted_where_the_collector_of_that_distribution_looks() -> None:
    service = compose.services()["otel-collector"]

    assert service["image"].startswith("otel/opentelemetry-collector-contrib:")
    assert service["volumes"] == ["./otel-collector.yaml:/etc/otelcol-contrib/config.yaml:ro"]
