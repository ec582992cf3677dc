"""A real Prometheus with our configuration, rules and dashboard, in front of the real process."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import yaml

from tests.benchmarks.systems import free_port
from tests.e2e.server import Served, serve
from tests.programs import program
from tests.unit.deploy.queries import DASHBOARD, PROMETHEUS, panels, plain, rules

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

KEY = "made-up"
CONFIG = f"""
[[keys]]
name = "ada"
key = "{KEY}"

[[backends]]
name = "offline"
kind = "offline"

[[backends]]
name = "dead"
kind = "openai-compatible"
base_url = "http://127.0.0.1:9/v1"
static_models = ["gone"]
"""
SILENT_HERE = {
    "backend_model:llamaport_cost_usd:increase1h": "the offline backend costs nothing",
    "dialect_backend:llamaport_streams_cancelled:rate5m": "nobody hangs up",
    "route:llamaport_slow_requests:rate5m": "nothing is slow",
    "llamaport_spans_dropped_total": "nothing is traced",
}
"""What a query may be empty for."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served() -> AsyncIterator[Served]:
    async with serve(CONFIG) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asking(
    served: Served, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of Prometheus, when it has seen some traffic."""
    port = free_port()
    with prometheus(tmp_path_factory.mktemp("prometheus"), port, served):
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", trust_env=False
        ) as client:
            async with asyncio.timeout(30):
                while not await value_of(client, "job:llamaport_http_failures:ratio5m > 0"):
                    await traffic(served)
            # What was counted between two looks at it weighs little then.
            for _ in range(20):
                await traffic(served)
            yield client


@contextmanager
def prometheus(folder: Path, port: int, served: Served) -> Iterator[None]:
    """Run it with our configuration, but for addresses, the key's file and more haste."""
    config = yaml.safe_load((PROMETHEUS / "prometheus.yaml").read_text())
    config["global"] = {
        "scrape_interval": "500ms",
        "evaluation_interval": "500ms",
        "scrape_timeout": "400ms",
    }
    config["rule_files"] = [str(PROMETHEUS / "rules" / "*.yaml")]
    [job] = [job for job in config["scrape_configs"] if job["job_name"] == "llamaport"]
    job["static_configs"] = [{"targets": [served.url.removeprefix("http://")]}]
    job["authorization"]["credentials_file"] = str(folder / "key")
    config["scrape_configs"] = [job]
    (folder / "key").write_text(KEY)
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        [
            program("prometheus", "prometheus"),
            f"--config.file={folder / 'prometheus.yaml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()
        log.close()


async def traffic(served: Served) -> None:
    """Ask in three dialects, streamed and whole, and once for what fails."""
    body = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 50}
    async with httpx.AsyncClient(
        base_url=served.url, headers={"x-api-key": KEY}, trust_env=False
    ) as client:
        for model in ("offline", "gone"):
            for path in ("/api/chat", "/v1/chat/completions", "/v1/messages"):
                for stream in (True, False):
                    await client.post(path, json=body | {"model": model, "stream": stream})


async def value_of(client: httpx.AsyncClient, query: str) -> list[dict[str, Any]]:
    """Ask Prometheus; empty while it is not there yet."""
    try:
        answer = await client.get("/api/v1/query", params={"query": query})
    except httpx.TransportError:
        return []
    if answer.status_code == 503:
        return []
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["result"]


async def shown(client: httpx.AsyncClient, query: str) -> None:
    """Return as soon as there is something to show."""
    loop = asyncio.get_running_loop()
    end = loop.time() + 20
    while not await value_of(client, query):
        assert loop.time() < end, f"nothing to show: {query}"
        await asyncio.sleep(0.1)


def expressions() -> list[str]:
    board = json.loads(DASHBOARD.read_text())
    return [plain(target["expr"]) for panel in panels(board) for target in panel["targets"]]


async def test_it_is_scraped_with_the_key(asking: httpx.AsyncClient) -> None:
    [up] = await value_of(asking, "up")

    assert (up["metric"]["job"], up["value"][1]) == ("llamaport", "1")


async def test_every_rule_is_evaluated(asking: httpx.AsyncClient) -> None:
    groups = (await asking.get("/api/v1/rules")).json()["data"]["groups"]

    found = [rule for group in groups for rule in group["rules"]]

    assert len(found) == len(rules("recording")) + len(rules("alerts"))
    assert [rule["name"] for rule in found if rule["health"] != "ok"] == []


@pytest.mark.parametrize("expression", expressions())
async def test_a_panel_of_the_dashboard_shows_something(
    asking: httpx.AsyncClient, expression: str
) -> None:
    if any(name in expression for name in SILENT_HERE):
        await value_of(asking, expression)
        return

    await shown(asking, expression)


async def test_what_is_recorded_is_what_was_served(asking: httpx.AsyncClient) -> None:
    # Half of the chats fail. What Prometheus asks does not count.
    await shown(asking, "job:llamaport_http_failures:ratio5m > 0.4 < 0.6")
    dialects = await value_of(asking, 'dialect_status:llamaport_http_requests:rate5m{status="2xx"}')
    down = await value_of(asking, "llamaport_backend_up == 0")

    assert {"ollama", "openai", "anthropic"} <= {row["metric"]["dialect"] for row in dialects}
    assert [row["metric"]["backend"] for row in down] == ["dead"]
