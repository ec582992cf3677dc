"""Real clients, each in a process of its own that makes calls and says what came of them."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from tests.e2e.server import CHECKOUT, scrubbed

HERE = Path(__file__).parent
JS = CHECKOUT / "tests" / "e2e" / "js"
QUIET = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # or importing it waits for the network
    "LANGSMITH_TRACING": "false",
    "NO_PROXY": "*",
}


class Client(Struct, frozen=True, kw_only=True):
    """A client: its name for readers, what starts its worker, and what that needs.

    `program` is a path from the root of the checkout, or a command on the PATH; `needs` is
    what `make test` installs for it.
    """

    title: str
    program: str
    arguments: tuple[str, ...]
    needs: Path
    folder: Path = CHECKOUT

    def missing(self) -> str:
        """Say what is missing here, if anything."""
        program = CHECKOUT / self.program if "/" in self.program else shutil.which(self.program)
        if program and Path(program).exists() and self.needs.exists():
            return ""
        return f"{self.title}: {self.needs.relative_to(CHECKOUT)} or its program is missing"


def _python(title: str, env: str, script: str, *arguments: str) -> Client:
    return Client(
        title=title,
        program=f"{env}/bin/python",
        arguments=(str(HERE / "workers" / script), *arguments),
        needs=CHECKOUT / env / "bin" / "python",
    )


CLIENTS: Mapping[str, Client] = MappingProxyType(
    {
        "ollama-python": _python("ollama (Python)", ".venv-test", "ollama_python.py", "sync"),
        "ollama-python-async": _python(
            "ollama (Python, async)", ".venv-test", "ollama_python.py", "async"
        ),
        "ollama-js": Client(
            title="ollama (npm)",
            program="node",
            arguments=("worker.mjs",),
            needs=JS / "node_modules" / "ollama",
            folder=JS,
        ),
        "langchain": _python("langchain-ollama", ".venv-test", "langchain_worker.py"),
        "llama-index": _python(
            "llama-index-llms-ollama", ".venv-llama-index", "llama_index_worker.py"
        ),
        "litellm": _python("litellm (ollama_chat/)", ".venv-litellm", "litellm_worker.py"),
    }
)


class Worker:
    """A running client. It makes one call at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.version = ""
        self.calls: Sequence[str] = ()

    async def ask(self, call: str, **asked: Any) -> dict[str, Any]:
        """Make a call and return what came of it: `raised` is the name of an error."""
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode({"call": call} | asked) + b"\n")
        return await self._read()

    async def greet(self) -> None:
        """Read what it says of itself."""
        hello = await self._read()
        self.version, self.calls = hello["version"], hello["calls"]

    async def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), 60)
        assert line, f"the worker ended with {await self._process.wait()}"
        return msgspec.json.decode(line)


class Workers:
    """Starts each client once, when it is first asked for."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._running: dict[str, Worker] = {}

    async def of(self, name: str) -> Worker:
        """Return a client; skip the test, or fail it if nothing may be missing, without it."""
        if missing := CLIENTS[name].missing():
            if os.environ.get("REQUIRE_ALL") == "1":
                pytest.fail(missing)
            pytest.skip(missing)
        if name not in self._running:
            self._running[name] = await self._stack.enter_async_context(_started(CLIENTS[name]))
        return self._running[name]


@asynccontextmanager
async def _started(client: Client):
    program = str(CHECKOUT / client.program) if "/" in client.program else client.program
    process = await asyncio.create_subprocess_exec(
        program,
        *client.arguments,
        cwd=client.folder,
        env=scrubbed(os.environ) | QUIET,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 24,
    )
    worker = Worker(process)
    try:
        await worker.greet()
        yield worker
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await asyncio.wait_for(process.wait(), 10)
