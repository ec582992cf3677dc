"""The compose file: no container engine is asked, so what can be read is checked by reading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.settings import load
from tests import compose
from tests.programs import CHECKOUT, beside_python, run

SERVICES = compose.services()
OURS = ("llamaport", "llamaport-dev")
BOUND = re.compile(r"\./(?P<source>[^:]+):(?P<target>/[^:]+)(?P<mode>:ro)?")


def mounts(service: dict[str, Any]) -> Iterator[re.Match[str]]:
    for volume in service.get("volumes", ()):
        if found := BOUND.fullmatch(volume):
            yield found


def test_it_follows_the_published_schema() -> None:
    done = run(
        beside_python("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", compose.FILE
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("value", [{}, {"LLAMAPORT_API_KEY": ""}], ids=["unset", "empty"])
def test_without_a_key_nothing_starts_and_the_reason_names_it(value: dict[str, str]) -> None:
    with pytest.raises(compose.MissingVariable, match="LLAMAPORT_API_KEY: set it to the key"):
        compose.read(value)


def test_everything_is_there_and_what_is_not_always_wanted_is_in_a_profile() -> None:
    profiles = {name: service.get("profiles", []) for name, service in SERVICES.items()}

    assert profiles == {
        "llamaport": [],
        "llamaport-dev": ["dev"],
        "otel-collector": [],
        "jaeger": [],
        "prometheus": ["metrics"],
        "grafana": ["metrics"],
    }


def test_ports_are_published_on_loopback_alone_and_each_once() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]

    matches = [re.fullmatch(r"127\.0\.0\.1:(\d+):\d+", port) for port in published]

    assert published
    assert all(matches)
    assert len({found[1] for found in matches if found}) == len(published)


def test_the_port_can_be_another_where_ollama_itself_has_it() -> None:
    read = compose.read({"LLAMAPORT_API_KEY": "k", "PUBLISHED_PORT": "11500"})

    assert read["services"]["llamaport"]["ports"] == ["127.0.0.1:11500:11434"]


def test_images_of_others_are_pinned_to_a_version() -> None:
    images = [service["image"] for service in SERVICES.values() if "build" not in service]

    assert len(images) == 4
    assert [image for image in images if not re.search(r":v?\d+\.\d+\.\d+$", image)] == []
    assert [image for image in images if image.startswith("jaegertracing/jaeger:2.")]


@pytest.mark.parametrize("name", OURS)
def test_llamaport_may_write_nowhere_but_in_its_volume(name: str) -> None:
    service = SERVICES[name]

    writable = [volume for volume in service["volumes"] if not volume.endswith(":ro")]

    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert [volume.partition(":")[2] for volume in writable] == ["/var/lib/llamaport"]


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_has_a_capability_or_may_gain_one(name: str) -> None:
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", OURS)
def test_it_is_given_longer_to_end_than_it_takes_to_drain(name: str, tmp_path: Path) -> None:
    service = SERVICES[name]

    drain = load({}, service["environment"], tmp_path).settings.server.drain

    # And 3 seconds for the last spans.
    assert int(service["stop_grace_period"].removesuffix("s")) > drain + 3


def test_whoever_has_a_program_for_it_has_a_health_check() -> None:
    dockerfile = (CHECKOUT / "Dockerfile").read_text()

    without = {
        name
        for name, service in SERVICES.items()
        if "healthcheck" not in service and "build" not in service
    }

    assert without == {"otel-collector"}
    assert "\nHEALTHCHECK " in dockerfile


def test_what_is_mounted_exists_and_only_to_be_read() -> None:
    found = [mount for service in SERVICES.values() for mount in mounts(service)]

    assert found
    assert [mount[0] for mount in found if not (CHECKOUT / mount["source"]).exists()] == []
    assert [mount[0] for mount in found if not mount["mode"]] == []


def test_named_volumes_and_secrets_are_declared() -> None:
    read = compose.read({"LLAMAPORT_API_KEY": "k"})
    named = {
        volume.partition(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", ())
        if not volume.startswith(".")
    }
    secrets = {name for service in SERVICES.values() for name in service.get("secrets", ())}

    assert named == set(read["volumes"])
    assert secrets == set(read["secrets"])


def test_prometheus_has_the_key_from_a_secret_and_nobody_sees_it_in_its_settings() -> None:
    read = compose.read({"LLAMAPORT_API_KEY": "k"})
    prometheus = SERVICES["prometheus"]

    assert read["secrets"] == {"llamaport-key": {"environment": "LLAMAPORT_API_KEY"}}
    assert prometheus["secrets"] == ["llamaport-key"]
    assert "environment" not in prometheus
    # Compose copies such a secret into the container, which it cannot do if that is read-only.
    assert not prometheus.get("read_only")


def test_the_file_has_no_secret_in_it() -> None:
    values = [
        str(value)
        for name, service in compose.read({"LLAMAPORT_API_KEY": "k"})["services"].items()
        for variable, value in service.get("environment", {}).items()
        if re.search(r"KEY|PASSWORD|TOKEN|SECRET", variable)
    ]

    assert set(values) <= {"k", ""}


def test_everything_depends_on_what_is_there_without_its_own_profile() -> None:
    for service in SERVICES.values():
        for other in service.get("depends_on", ()):
            assert set(SERVICES[other].get("profiles", ())) <= set(service.get("profiles", ()))
