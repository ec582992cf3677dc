"""Metrics of the served process: of several workers, over their ends, and for Prometheus itself."""

# ruff: noqa: ASYNC221, ASYNC240 - what is started and read here is small

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.process import metrics_folder, resident_bytes, workers_of
from tests.e2e.server import WITHOUT_ROOTS, Served, serve
from tests.programs import program
from tests.waiting import until

OFFLINE = '[[backends]]\nname = "off"\nkind = "offline"\n'
TWO = OFFLINE + "[server]\nworkers = 2\n"
KEYS = '[[keys]]\nname = "ada"\nkey = "canary-key"\n'
CHAT: dict[str, Any] = {
    "model": "offline",
    "messages": [{"role": "user", "content": "hello"}],
    "stream": False,
}
NAME = "llamaport_http_requests_total"
START_TIME = "llamaport_process_start_time_seconds"
ASKED = {"route": "/api/chat", "dialect": "ollama", "status": "2xx"}


def asking(served: Served) -> httpx.AsyncClient:
    # While a worker stands still there are 5 s until it is taken for hung, and replaced.
    return httpx.AsyncClient(base_url=served.url, trust_env=False, verify=WITHOUT_ROOTS)


async def ask(served: Served, times: int) -> None:
    """Ask so many times, each on a connection of its own, so that any worker may get it."""
    for _ in range(times):
        async with asking(served) as client:
            assert (await client.post("/api/chat", json=CHAT)).status_code == 200


async def scrape(served: Served) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    async with asking(served) as client:
        text = (await client.get("/metrics")).text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def counted(served: Served, name: str = NAME, **labels: str) -> float:
    of = ASKED if name == NAME else labels
    return (await scrape(served)).get((name, frozenset(of.items())), 0.0)


async def has_counted(served: Served, total: float) -> None:
    """Wait until so many are counted: a client has its answer a moment before that."""
    async with asyncio.timeout(5):
        while await counted(served) != total:
            pass


def workers(served: Served) -> list[int]:
    return workers_of(served.pid)


@asynccontextmanager
async def two_workers() -> AsyncIterator[Served]:
    async with serve(TWO) as served:
        await until(lambda: len(workers(served)) == 2, 15)
        yield served


async def test_whichever_worker_is_asked_tells_of_both() -> None:
    async with two_workers() as served:
        first, second = workers(served)
        os.kill(first, signal.SIGSTOP)  # what comes now is served by the other one
        await ask(served, 5)
        await has_counted(served, 5)
        os.kill(first, signal.SIGCONT)
        os.kill(second, signal.SIGSTOP)
        await ask(served, 7)
        await has_counted(served, 12)
        by_first = await counted(served)
        os.kill(second, signal.SIGCONT)
        os.kill(first, signal.SIGSTOP)
        by_second = await counted(served)
        os.kill(first, signal.SIGCONT)
        async with httpx.AsyncClient(base_url=served.url, trust_env=False) as client:
            summary = (await client.get("/v1/metrics")).json()

    assert by_first == by_second == 12
    assert summary["models"][0]["exchanges"] == 12


async def test_nothing_is_lost_and_nothing_stays_active_when_a_worker_is_killed() -> None:
    async with two_workers() as served:
        await ask(served, 20)
        one, other = workers(served)
        await has_counted(served, 20)

        os.kill(one, signal.SIGKILL)
        await until(lambda: one not in workers(served), 15)
        after = [await counted(served) for _ in range(3)]
        await until(lambda: len(workers(served)) == 2, 15)
        os.kill(other, signal.SIGSTOP)
        await ask(served, 3)  # by the one that is new
        await has_counted(served, 23)
        os.kill(other, signal.SIGCONT)
        files = list(Path(metrics_folder(other)).glob("*-*"))
        active = await counted(served, "llamaport_http_requests_active", dialect="ollama")
        memory = await counted(served, "llamaport_process_resident_memory_bytes")
        resident = sum(map(resident_bytes, workers(served)))
        warnings = [line["message"] for line in served.log() if line["level"] != "INFO"]

    assert warnings == [f"worker {one} was ended by SIGKILL: another takes its place"]
    assert after == [20] * 3
    assert active == 0
    assert len(files) == 2
    assert 0 < memory < 1.25 * resident


async def test_the_start_time_stays_when_every_worker_is_replaced() -> None:
    async with two_workers() as served:
        before = await counted(served, START_TIME)
        for worker in workers(served):
            os.kill(worker, signal.SIGKILL)
            await until(lambda worker=worker: worker not in workers(served), 15)
            await until(lambda: len(workers(served)) == 2, 15)
        after = await counted(served, START_TIME)

    assert before == after
    assert 0 < time.time() - before < 60


async def test_the_folder_goes_with_the_server() -> None:
    async with two_workers() as served:
        folder = Path(metrics_folder(workers(served)[0]))
        there = folder.is_dir()
        await served.stop()

    assert there
    assert not folder.exists()


async def test_counts_go_on_when_the_code_was_changed() -> None:
    async with serve(OFFLINE, flags=["--reload"]) as served:
        await ask(served, 4)

        before = its_worker(served)
        changed, ages = served.folder / "changed.py", count(int(time.time()))

        def is_another() -> bool:
            # Of a file that is new nothing has changed: it is changed until that was seen.
            changed.touch()
            os.utime(changed, (next(ages),) * 2)
            return its_worker(served) not in {0, before}

        await until(is_another, 20)
        folder = Path(metrics_folder(its_worker(served)))
        await answering(served)
        await ask(served, 2)
        total = await counted(served)
        await served.stop()

    assert total == 6
    assert not folder.exists()


def its_worker(served: Served) -> int:
    return next(iter(workers(served)), 0)


async def answering(served: Served) -> None:
    async with httpx.AsyncClient(base_url=served.url, trust_env=False, timeout=20) as client:
        await client.get("/api/version")


async def test_prometheus_has_nothing_to_say_against_the_names() -> None:
    promtool = program("promtool", "prometheus")
    async with serve(OFFLINE) as served:
        await ask(served, 1)
        async with httpx.AsyncClient(base_url=served.url, trust_env=False) as client:
            text = (await client.get("/metrics")).content

    done = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@contextmanager
def prometheus(folder: Path, target: str, port: int) -> Iterator[str]:
    """Run Prometheus itself on a server that wants a key. Yields its address."""
    (folder / "key").write_text("canary-key")
    (folder / "prometheus.yaml").write_text(
        "global: {scrape_interval: 1s}\n"
        "scrape_configs:\n"
        "- job_name: llamaport\n"
        f"  authorization: {{credentials_file: {folder}/key}}\n"
        f"  static_configs: [{{targets: ['{target}']}}]\n"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                program("prometheus", "prometheus"),
                f"--config.file={folder}/prometheus.yaml",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


async def value(client: httpx.AsyncClient, query: str) -> float | None:
    """Ask Prometheus for one number, `None` if it has none."""
    try:
        answer = await client.get("/api/v1/query", params={"query": query})
    except httpx.TransportError:
        return None
    found = answer.json().get("data", {}).get("result", []) if answer.is_success else []
    return float(found[0]["value"][1]) if found else None


async def eventually(
    client: httpx.AsyncClient, query: str, holds: Callable[[float | None], bool]
) -> float | None:
    async with asyncio.timeout(30):
        while not holds(found := await value(client, query)):  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.1)
    return found


async def test_prometheus_scrapes_two_workers_and_sees_no_counter_fall(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    program("prometheus", "prometheus")
    async with serve(TWO + KEYS) as served:
        await until(lambda: len(workers(served)) == 2, 15)
        target = served.url.removeprefix("http://")
        async with httpx.AsyncClient(
            base_url=served.url, headers={"x-api-key": "canary-key"}, trust_env=False
        ) as asking:
            for _ in range(10):
                assert (await asking.post("/api/chat", json=CHAT)).status_code == 200
        with prometheus(tmp_path, target, unused_tcp_port) as address:
            async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
                total = f'{NAME}{{route="/api/chat",status="2xx"}}'
                await eventually(client, total, lambda it: it == 10)
                os.kill(workers(served)[0], signal.SIGKILL)
                scrapes = f'{NAME}{{route="/metrics",status="2xx"}}'
                await eventually(client, scrapes, lambda it: it is not None and it >= 6)
                resets = [
                    await value(client, f"max(resets({name}[5m]))")
                    for name in (NAME, "llamaport_http_request_duration_seconds_count")
                ]
                up = await value(client, "up")
                still = await value(client, total)

    assert (up, still, resets) == (1, 10, [0, 0])
    assert b"canary-key" not in (tmp_path / "log").read_bytes()
