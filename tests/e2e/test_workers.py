"""Workers that are replaced, the settings they get, and workers that are ended as they start."""

from __future__ import annotations

import os
import signal
from itertools import count
from pathlib import Path

import httpx

from tests.e2e.process import workers_of
from tests.e2e.server import WITHOUT_ROOTS, Served, serve
from tests.waiting import until

OFFLINE = '[[backends]]\nname = "off"\nkind = "offline"\n'
TWO = OFFLINE + '[[keys]]\nname = "ada"\nkey = "ada-key"\n[server]\nworkers = 2\n'


async def status(served: Served, key: str) -> int:
    async with httpx.AsyncClient(
        base_url=served.url, trust_env=False, verify=WITHOUT_ROOTS, timeout=20
    ) as client:
        return (await client.get("/api/tags", headers={"x-api-key": key})).status_code


async def test_a_worker_that_is_replaced_has_the_settings_that_the_server_was_started_with() -> (
    None
):
    async with serve(TWO) as served:
        await until(lambda: len(workers_of(served.pid)) == 2, 15)
        one, other = workers_of(served.pid)
        (served.folder / "config.toml").write_text("[server]\nport = 'wrong'\nnope = 1\n")
        os.kill(one, signal.SIGKILL)
        await until(
            lambda: one not in workers_of(served.pid) and len(workers_of(served.pid)) == 2, 15
        )
        os.kill(other, signal.SIGSTOP)  # what comes now is served by the one that is new
        answers = [await status(served, key) for key in ("ada-key", "nobody's")]
        os.kill(other, signal.SIGCONT)
        raw, warnings = served.stderr, [line for line in served.log() if line["level"] != "INFO"]

    assert answers == [200, 401]
    assert len(warnings) == 1
    assert "Traceback" not in raw
    assert "ada-key" not in raw


async def change(served: Served) -> None:
    """Change a source until that was seen, and no longer: each time it is loaded anew."""
    changed, ages = served.folder / "changed.py", count(1_900_000_000)

    def is_seen() -> bool:
        # Of a file that is new nothing has changed.
        changed.touch()
        os.utime(changed, (next(ages),) * 2)
        return "changes in 'changed.py'" in served.stderr

    await until(is_seen, 15, every=0.2)


async def test_settings_that_are_wrong_when_sources_are_loaded_anew_are_told_in_one_line() -> None:
    async with serve(OFFLINE, flags=["--reload"]) as served:
        (served.folder / "config.toml").write_text(OFFLINE + "nope = 1\n")
        await change(served)
        await until(lambda: "nope" in served.stderr, 15)
        raw = served.stderr

    assert "llamaport: config.toml:4: backends[0].nope: unknown key" in raw
    assert "Traceback" not in raw


async def test_the_start_line_is_written_again_when_the_code_was_changed() -> None:
    async with serve(OFFLINE, flags=["--reload"]) as served:
        await change(served)
        await until(lambda: sum(" serves " in line["message"] for line in served.log()) > 1, 15)
        await served.stop()


async def test_an_interrupt_while_workers_start_ends_all_at_once_and_without_a_traceback() -> None:
    async with serve(TWO) as served:
        first = await replaced(served)
        for pid in (served.pid, *children(served)):
            os.kill(pid, signal.SIGINT)  # as a terminal does
        await until(lambda: not served.running, 15)
        raw, lines = served.stderr, served.log()

    # None is taken for hung, which takes 5 s, because it has ended as it was told.
    killed = f"worker {first} was ended by SIGKILL: another takes its place"
    assert [line["message"] for line in lines if line["level"] != "INFO"] == [killed]
    assert "Traceback" not in raw


async def replaced(served: Served) -> int:
    """Kill a worker, and return its id when the next one has begun to start."""
    await until(lambda: len(workers_of(served.pid)) == 2, 15)
    before = children(served)
    first = workers_of(served.pid)[0]
    os.kill(first, signal.SIGKILL)
    await until(lambda: children(served) - before, 15)
    return first


def children(served: Served) -> set[int]:
    return set(map(int, Path(f"/proc/{served.pid}/task/{served.pid}/children").read_text().split()))
