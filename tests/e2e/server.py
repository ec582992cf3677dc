"""Starting the served process for a test, and stopping it.

The process knows nothing of the environment it was started from: no keys, no proxies, no
other settings, a working directory of its own.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import ssl
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from tests.e2e.process import open_sockets, resident_bytes
from tests.waiting import until

CHECKOUT = Path(__file__).resolve().parents[2]
SCRUBBED_PREFIXES = ("LLAMAPORT_", "OLLAMA_", "OPENAI_", "OPENROUTER_", "OTEL_")
SCRUBBED_SUFFIXES = ("_PROXY", "_proxy")
SCRUBBED = frozenset(
    {
        "HOST",
        "LOG_LEVEL",
        "MAX_RETRIES",
        "MODELS_FILTER",
        "MODEL_MAPPING_FILE",
        "PORT",
        "REQUEST_TIMEOUT",
    }
)

WITHOUT_ROOTS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients that ask nobody by `https:`: reading the roots takes 30 ms each time."""

ENDED_WELL = (0, -signal.SIGTERM)
"""Exit codes after SIGTERM: a server may end by the signal itself once it has cleaned up."""


class Served:
    """A running server."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log
        self.folder = log.parent
        """Where it was started."""
        self.url = ""
        """The root, without a slash at its end."""

    @property
    def pid(self) -> int:
        """The process that was started."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def stderr(self) -> str:
        """Everything that was written to stderr so far."""
        return self._log.read_text()

    def log(self) -> list[dict[str, Any]]:
        """Return the lines of stderr that are JSON objects, decoded."""
        return list(json_lines(self.stderr))

    def open_sockets(self) -> int:
        """Count the sockets that the process holds, listening ones included."""
        return open_sockets(self.pid)

    def resident_bytes(self) -> int:
        """Return the resident memory of the process."""
        return resident_bytes(self.pid)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    async def stop(self, deadline: float = 10.0) -> None:
        """Ask it to end, and fail unless it does, within the deadline and without a fault.

        One that the test itself has killed has ended.
        """
        if self._process.poll() == -signal.SIGKILL:
            return

        def ended_after_sigterm() -> bool:
            return not self.running

        self._process.send_signal(signal.SIGTERM)
        await until(ended_after_sigterm, deadline)
        assert self._process.returncode in ENDED_WELL, self.stderr


@asynccontextmanager
async def serve(
    config: str = "",
    *,
    env: Mapping[str, str] | None = None,
    port: int = 0,
    deadline: float = 15.0,
    flags: Sequence[str] = (),
) -> AsyncIterator[Served]:
    """Run a server with the given configuration file and flags, until the block is left.

    With `port = 0` it chooses one, and says so on stderr. Fails if it does not answer within
    the deadline, or does not end by itself when asked to.
    """
    with (
        tempfile.TemporaryDirectory(prefix="llamaport-") as folder,
        _started(Path(folder), config, env or {}, port, flags) as served,
    ):
        await _ready(served, port, deadline)
        yield served
        await served.stop()


def command() -> tuple[list[str], dict[str, str]]:
    """Return the words that start llamaport, without a subcommand, and variables they need."""
    if given := os.environ.get("LLAMAPORT_COMMAND"):
        program, *words = shlex.split(given)
        return [str(Path(program).absolute()) if "/" in program else program, *words], {}
    installed = CHECKOUT / ".venv" / "bin" / "llamaport"
    if installed.exists():
        return [str(installed)], {}
    return [sys.executable, "-m", "app"], {"PYTHONPATH": str(CHECKOUT)}


def scrubbed(environment: Mapping[str, str]) -> dict[str, str]:
    """Drop every variable that would configure the server."""
    return {
        name: value
        for name, value in environment.items()
        if name not in SCRUBBED
        and not name.startswith(SCRUBBED_PREFIXES)
        and not name.endswith(SCRUBBED_SUFFIXES)
    }


def json_lines(text: str) -> Iterator[dict[str, Any]]:
    """Yield the lines that are JSON objects, decoded. A last line without its end is left."""
    for line in text.split("\n")[:-1]:
        if line.startswith("{"):
            yield msgspec.json.decode(line)


def announced_url(stderr: str) -> str:
    """Find the address in the line with which the server says that it is ready, else ""."""
    urls = (str(line["url"]) for line in json_lines(stderr) if "url" in line)
    return next(urls, "").rstrip("/")


@contextmanager
def _started(
    folder: Path, config: str, env: Mapping[str, str], port: int, flags: Sequence[str]
) -> Iterator[Served]:
    log = folder / "stderr"
    (folder / "config.toml").write_text(config)
    words, needed = command()
    file = ["--config", "config.toml"] if config else []
    home = {"HOME": str(folder), "XDG_STATE_HOME": str(folder)}
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [*words, "serve", *file, "--host", "127.0.0.1", "--port", str(port), *flags],
            cwd=folder,
            env=scrubbed(os.environ) | home | needed | dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
    try:
        yield Served(process, log)
    finally:
        process.kill()  # does nothing to one that has ended and was waited for
        process.wait()


async def _ready(served: Served, port: int, deadline: float) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline
    async with httpx.AsyncClient(trust_env=False, verify=WITHOUT_ROOTS) as client:
        while not await _answers(served, port, client):
            assert served.running, f"it ended:\n{served.stderr}"
            assert loop.time() < end, f"not ready within {deadline} s:\n{served.stderr}"
            await asyncio.sleep(0.005)


async def _answers(served: Served, port: int, client: httpx.AsyncClient) -> bool:
    served.url = f"http://127.0.0.1:{port}" if port else announced_url(served.stderr)
    if not served.url:
        return False
    try:
        await client.get(f"{served.url}/api/version")
    except httpx.TransportError:
        return False
    return True
