"""Made models on disk: other processes, broken files, folders that cannot be written."""

# ruff: noqa: ASYNC240 - the files of these tests are small

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from loguru import logger

from adapters.files.model_file import LARGEST, ModelFile
from ports.errors import NotSupported
from ports.library import MadeModel

TOP = Path(__file__).parents[4]

WRITER = """
import asyncio, sys
from itertools import count
from adapters.files.model_file import ModelFile
from ports.library import MadeModel

async def write(path, name, many):
    store = ModelFile(path)
    print("ready", flush=True)
    sys.stdin.readline()
    for number in (range(many) if many else count()):
        await store.put(MadeModel(name=f"{name}-{number % 50}", target="b/m", system="x" * 500))
        if not number:
            print("begun", flush=True)

asyncio.run(write(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "models.json"


@pytest.fixture
def log() -> Iterator[list[str]]:
    lines: list[str] = []
    sink = logger.add(lines.append, format="{message}", level="WARNING")
    yield lines
    logger.remove(sink)


def made(name: str) -> MadeModel:
    return MadeModel(name=name, target="b/m")


def names(store: ModelFile) -> list[str]:
    return [model.name for model in store.models()]


async def writer(path: Path, name: str, many: int) -> asyncio.subprocess.Process:
    """Start a process that writes `many` models, for ever if 0, once it is told to."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        WRITER,
        str(path),
        name,
        str(many),
        cwd=TOP,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


def tell(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.write(b"\n")


async def test_processes_that_write_at_the_same_time_lose_nothing(path: Path) -> None:
    processes = [await writer(path, f"p{number}", 20) for number in range(4)]

    for process in processes:
        tell(process)

    assert [await process.wait() for process in processes] == [0] * 4
    wanted = {f"p{process}-{number}" for process in range(4) for number in range(20)}
    assert set(names(ModelFile(str(path)))) == wanted


async def test_a_process_that_is_killed_while_it_writes_leaves_a_good_file(path: Path) -> None:
    for round_ in range(4):
        process = await writer(path, f"r{round_}", 0)
        tell(process)
        assert process.stdout is not None
        assert await process.stdout.readline() == b"begun\n"
        process.send_signal(signal.SIGKILL)
        await process.wait()

        store = ModelFile(str(path))
        assert f"r{round_}-0" in names(store)
        # Its lock is gone with it, and what it left half written is in nobody's way.
        await store.put(made("after"))
        assert names(store)[0] == "after"


async def test_a_change_by_another_is_seen_at_once(path: Path) -> None:
    here, there = ModelFile(str(path)), ModelFile(str(path))
    assert names(here) == []

    await there.put(made("a"))
    assert names(here) == ["a"]
    await there.remove("a")
    assert names(here) == []


async def test_changes_of_one_length_within_one_tick_are_told_apart(path: Path) -> None:
    here, there = ModelFile(str(path)), ModelFile(str(path))
    for number in range(200):
        await there.put(made(f"m{number % 2}"))
        await there.remove(f"m{(number + 1) % 2}")

        assert names(here) == [f"m{number % 2}"]


async def test_a_file_that_is_taken_away_is_an_empty_list(path: Path) -> None:
    store = ModelFile(str(path))
    await store.put(made("a"))
    assert names(store) == ["a"]

    path.unlink()

    assert names(store) == []


GARBAGE = [
    b"",
    b"{",
    b"[]",
    b"\xff\xfe",
    b'{"version":2,"models":[]}',
    b'{"version":1,"models":[{"name":5}]}',
    b'{"models":[]}',
]


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_a_file_that_makes_no_sense_is_logged_once_and_left_alone(
    path: Path, log: list[str], garbage: bytes
) -> None:
    store = ModelFile(str(path))
    await store.put(made("a"))
    assert names(store) == ["a"]

    path.write_bytes(garbage)

    for _ in range(3):
        assert names(store) == ["a"]
    with pytest.raises(NotSupported, match="cannot be understood"):
        await store.put(made("b"))
    with pytest.raises(NotSupported):
        await store.remove("a")
    assert path.read_bytes() == garbage
    assert len(log) == 1
    assert str(path) in log[0]


async def test_a_file_that_was_mended_is_read_again(path: Path, log: list[str]) -> None:
    store = ModelFile(str(path))
    path.parent.mkdir()
    path.write_bytes(b"{")
    assert names(store) == []

    path.write_bytes(b'{"version":1,"models":[{"name":"a","target":"b/m"}]}')
    assert names(store) == ["a"]

    path.write_bytes(b"{")
    assert names(store) == ["a"]
    assert len(log) == 2


def folder_is_a_file(folder: Path) -> Path:
    (folder / "file").write_bytes(b"")
    return folder / "file" / "models.json"


def folder_is_read_only(folder: Path) -> Path:
    (folder / "closed").mkdir(mode=0o500)
    if os.access(folder / "closed", os.W_OK):
        pytest.skip("this user may write everywhere")
    return folder / "closed" / "models.json"


def there_is_no_such_place(_folder: Path) -> Path:
    return Path("/proc/llamaport/models.json")


@pytest.mark.parametrize("place", [folder_is_a_file, folder_is_read_only, there_is_no_such_place])
async def test_where_nothing_can_be_written_it_says_so(tmp_path: Path, place) -> None:
    store = ModelFile(str(place(tmp_path)))

    with pytest.raises(NotSupported, match="cannot be kept here") as refused:
        await store.put(made("a"))

    assert names(store) == []
    assert str(tmp_path) not in refused.value.message


async def test_without_a_path_nothing_is_kept() -> None:
    store = ModelFile("")

    with pytest.raises(NotSupported, match="no file is configured"):
        await store.put(made("a"))

    assert list(store.models()) == []


async def test_only_the_owner_may_read_it(path: Path) -> None:
    await ModelFile(str(path)).put(made("a"))

    assert path.stat().st_mode & 0o777 == 0o600


async def test_nothing_is_written_where_nothing_changed(path: Path) -> None:
    store = ModelFile(str(path))
    await store.put(made("a"))
    before = path.stat()

    await store.remove("b")
    await store.put(made("a"))

    assert path.stat() == before


async def test_the_file_says_how_it_is_to_be_read(path: Path) -> None:
    await ModelFile(str(path)).put(made("a"))

    assert msgspec.json.decode(path.read_bytes())["version"] == 1


async def test_a_link_stays_one_and_the_file_behind_it_changes(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere" / "real.json"
    path.parent.mkdir()
    path.symlink_to(real)
    store = ModelFile(str(path))

    for name in ("a", "b"):  # there is no file at first
        await store.put(made(name))

    assert path.is_symlink()
    assert names(ModelFile(str(real))) == names(store) == ["b", "a"]
    assert [it.name for it in path.parent.iterdir()] == [path.name]


async def test_a_pipe_holds_nobody_up_and_stays_one(path: Path, log: list[str]) -> None:
    path.parent.mkdir()
    os.mkfifo(path)
    store = ModelFile(str(path))

    assert names(store) == []
    with pytest.raises(NotSupported, match="cannot be understood"):
        await store.put(made("a"))

    assert path.is_fifo()
    assert "regular file" in log[0]


async def test_a_file_that_is_too_long_is_not_read(path: Path, log: list[str]) -> None:
    path.parent.mkdir()
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    store = ModelFile(str(path))

    assert names(store) == []
    with pytest.raises(NotSupported):
        await store.put(made("a"))

    assert str(LARGEST) in log[0]


async def test_a_model_that_would_make_the_file_too_long_is_not_kept(path: Path) -> None:
    store = ModelFile(str(path))
    await store.put(made("a"))

    with pytest.raises(NotSupported, match="full"):
        await store.put(MadeModel(name="b", target="b/m", system="x" * LARGEST))

    assert names(store) == ["a"]


async def test_names_that_nobody_could_ask_for_are_left_out(path: Path) -> None:
    written = ["a", "", "  ", "x\n", "A", "b\x00", "b"]
    models = [{"name": name, "target": "b/m"} for name in written]
    path.parent.mkdir()
    path.write_bytes(msgspec.json.encode({"version": 1, "models": models}))

    assert names(ModelFile(str(path))) == ["a", "b"]


async def test_a_change_of_an_upstream_is_seen_by_others_at_once(path: Path) -> None:
    here, there = ModelFile(str(path)), ModelFile(str(path))
    before = here.models()

    await there.touch("box")

    assert here.models() is before
    assert here.changes() == {"box": 1}


@pytest.mark.parametrize("place", ["", "/proc/llamaport/models.json"])
async def test_where_nothing_can_be_written_nobody_is_told_and_nothing_fails(place: str) -> None:
    store = ModelFile(place)

    await store.touch("box")

    assert list(store.models()) == []
    assert store.changes() == {}
