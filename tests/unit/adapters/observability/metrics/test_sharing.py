# ruff: noqa: ASYNC240 - the files of these tests are small

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.observability.metrics import families, sharing
from adapters.observability.metrics.sharing import CannotShare, Workers, folder
from adapters.observability.metrics.snapshot import Snapshot, merged
from adapters.observability.metrics.store import SIZE

TOP = Path(__file__).parents[5]

WORKER = """
import sys
from pathlib import Path
from adapters.observability.metrics import families
from adapters.observability.metrics.sharing import Workers

workers = Workers(Path(sys.argv[1]))
store = workers.store
slow = store.place(families.SLOW, "/a")
active = store.place(families.ACTIVE, "ollama")
for line in sys.stdin:
    store.numbers[slow] += int(line)
    store.numbers[active] += int(line)
    print("counted", flush=True)
"""

OWNER = """
import sys
from pathlib import Path
from adapters.observability.metrics import sharing

sharing.places = lambda: (Path(sys.argv[1]),)
with sharing.folder() as path:
    print(path, flush=True)
    sys.stdin.read()
"""


class Other:
    """Another process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def say(self, word: str = "") -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if word:
            self._process.stdin.write(f"{word}\n".encode())
        return (await self._process.stdout.readline()).decode().strip()

    async def count(self, many: int) -> None:
        assert await self.say(str(many)) == "counted"

    async def end(self, *, kill: bool = False) -> None:
        if kill:
            self._process.send_signal(signal.SIGKILL)
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.communicate()


@asynccontextmanager
async def other(script: str, path: Path) -> AsyncIterator[Other]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(path),
        cwd=TOP,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    it = Other(process)
    try:
        yield it
    finally:
        if process.returncode is None:
            await it.end(kill=True)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path) -> Iterator[None]:
    there = sharing.places
    sharing.places = lambda: (tmp_path,)
    yield
    sharing.places = there


def told(workers: Workers) -> Snapshot:
    return merged(workers.sources())


def files(path: Path) -> list[Path]:
    return sorted(path.glob("*-*"))


async def test_whoever_is_asked_tells_of_all_and_at_once() -> None:
    with folder() as path:
        mine, too = Workers(path), Workers(path)
        mine.store.numbers[mine.store.place(families.SLOW, "/a")] += 1
        async with other(WORKER, path) as one, other(WORKER, path) as two:
            await one.count(10)
            await two.count(100)

            assert told(mine) == told(too)
            assert told(mine)[families.SLOW.name] == {("/a",): (111,)}
            assert told(mine)[families.ACTIVE.name] == {("ollama",): (110,)}


@pytest.mark.parametrize("kill", [False, True])
async def test_what_a_worker_has_counted_stays_and_what_it_was_doing_goes(*, kill: bool) -> None:
    with folder() as path:
        mine = Workers(path)
        async with other(WORKER, path) as one:
            await one.count(10)
            await one.end(kill=kill)

            assert told(mine)[families.SLOW.name] == {("/a",): (10,)}
            assert told(mine)[families.ACTIVE.name] == {}


async def test_the_next_worker_counts_on_where_the_last_one_was_killed() -> None:
    with folder() as path:
        mine = Workers(path)
        for _ in range(3):
            async with other(WORKER, path) as one:
                await one.count(10)
                await one.end(kill=True)

        assert len(files(path)) == 2
        assert told(mine)[families.SLOW.name] == {("/a",): (30,)}


async def test_after_the_code_was_changed_nothing_is_taken_over_or_told() -> None:
    with folder() as path:
        (path / "0123abcd-0").write_bytes(b"\x01" * SIZE)

        mine = Workers(path)

        assert told(mine)[families.SLOW.name] == {}
        assert len(files(path)) == 1


def test_the_folder_is_for_nobody_else_and_goes_at_the_end(tmp_path: Path) -> None:
    with folder() as path:
        Workers(path)
        assert path.stat().st_mode & 0o077 == 0
        assert path.parent == tmp_path

    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_outlives_the_folder_tells_of_itself() -> None:
    with folder() as path:
        mine = Workers(path)
        mine.store.numbers[mine.store.place(families.SLOW, "/a")] += 1

    assert told(mine)[families.SLOW.name] == {("/a",): (1,)}


async def test_what_a_killed_server_has_left_goes_when_the_next_one_starts(tmp_path: Path) -> None:
    async with other(OWNER, tmp_path) as dead, other(OWNER, tmp_path) as living:
        left, used = Path(await dead.say()), Path(await living.say())
        Workers(left)
        await dead.end(kill=True)
        assert left.exists()

        with folder() as path:
            assert not left.exists()
            assert used.exists()
            assert {path, used} == set(tmp_path.iterdir())


def test_what_is_of_others_stays(tmp_path: Path) -> None:
    (tmp_path / "llamaport-metrics-file").touch()
    (tmp_path / "something").mkdir()

    with folder():
        pass

    assert {it.name for it in tmp_path.iterdir()} == {"llamaport-metrics-file", "something"}


def test_where_one_place_cannot_be_written_the_next_one_is_taken(tmp_path: Path) -> None:
    sharing.places = lambda: (tmp_path / "missing", tmp_path)

    with folder() as path:
        assert path.parent == tmp_path


def test_where_none_can_it_is_one_line_for_the_operator(tmp_path: Path) -> None:
    sharing.places = lambda: (tmp_path / "missing",)

    with pytest.raises(CannotShare) as caught, folder():
        pass

    assert "\n" not in str(caught.value)
    assert "TMPDIR" in str(caught.value)
