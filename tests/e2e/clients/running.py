"""Real clients, each in a process of its own that makes calls and says what came of them."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Mapping
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
FOREIGN = ("ANTHROPIC_", "LANGCHAIN_", "LANGSMITH_", "LITELLM_", "LOGFIRE_")
"""What begins with this would configure a client, besides what `scrubbed` drops."""
QUIET = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # or importing it waits for the network
    "LANGSMITH_TRACING": "false",
    "DO_NOT_TRACK": "1",
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
    protocol: str = ""
    """Which one it is to speak; one worker does for all of a client's."""

    @property
    def words(self) -> tuple[str, ...]:
        """What starts the worker."""
        program = str(CHECKOUT / self.program) if "/" in self.program else self.program
        return (program, *self.arguments)

    def missing(self) -> str:
        """Say what is missing here, if anything."""
        program = CHECKOUT / self.program if "/" in self.program else shutil.which(self.program)
        if program and Path(program).exists() and self.needs.exists():
            return ""
        return f"{self.title}: {self.needs.relative_to(CHECKOUT)} or its program is missing"


def _python(title: str, env: str, script: str, *arguments: str, protocol: str = "") -> Client:
    return Client(
        title=title,
        program=f"{env}/bin/python",
        arguments=(str(HERE / "workers" / script), *arguments),
        needs=CHECKOUT / env / "bin" / "python",
        protocol=protocol,
    )


def _node(title: str, package: str, script: str, *arguments: str) -> Client:
    return Client(
        title=title,
        program="node",
        arguments=(script, *arguments),
        needs=JS / "node_modules" / package,
        folder=JS,
    )


CLIENTS: Mapping[str, Client] = MappingProxyType(
    {
        "ollama-python": _python("ollama (Python)", ".venv-test", "ollama_python.py", "sync"),
        "ollama-python-async": _python(
            "ollama (Python, async)", ".venv-test", "ollama_python.py", "async"
        ),
        "ollama-js": _node("ollama (npm)", "ollama", "ollama.mjs"),
        "langchain": _python("langchain-ollama", ".venv-test", "langchain_worker.py"),
        "llama-index": _python(
            "llama-index-llms-ollama", ".venv-llama-index", "llama_index_worker.py"
        ),
        "litellm": _python("litellm (ollama_chat/)", ".venv-litellm", "litellm_worker.py"),
        "openai-python": _python("openai (Python)", ".venv-test", "openai_worker.py"),
        "openai-js": _node("openai (npm)", "openai", "openai.mjs"),
        "openai-python-responses": _python(
            "openai (Python), Responses", ".venv-test", "openai_responses_worker.py"
        ),
        "openai-js-responses": _node("openai (npm), Responses", "openai", "openai-responses.mjs"),
        "anthropic-python": _python("anthropic (Python)", ".venv-test", "anthropic_worker.py"),
        "anthropic-js": _node("@anthropic-ai/sdk", "@anthropic-ai/sdk", "anthropic.mjs"),
        "langchain-openai": _python(
            "langchain-openai", ".venv-test", "langchain_others.py", protocol="openai"
        ),
        "langchain-responses": _python(
            "langchain-openai, Responses", ".venv-test", "langchain_others.py", protocol="responses"
        ),
        "langchain-anthropic": _python(
            "langchain-anthropic", ".venv-test", "langchain_others.py", protocol="anthropic"
        ),
        "pydantic-ai-openai": _python(
            "pydantic-ai, OpenAI chat", ".venv-test", "pydantic_ai_worker.py", protocol="openai"
        ),
        "pydantic-ai-responses": _python(
            "pydantic-ai, OpenAI Responses",
            ".venv-test",
            "pydantic_ai_worker.py",
            protocol="responses",
        ),
        "pydantic-ai-anthropic": _python(
            "pydantic-ai, Anthropic", ".venv-test", "pydantic_ai_worker.py", protocol="anthropic"
        ),
        "ai-openai-chat": _node("ai, @ai-sdk/openai chat", "ai", "vercel.mjs", "openai", "chat"),
        "ai-openai-responses": _node(
            "ai, @ai-sdk/openai Responses", "ai", "vercel.mjs", "openai", "responses"
        ),
        "ai-openai-compatible": _node(
            "ai, @ai-sdk/openai-compatible", "ai", "vercel.mjs", "openai-compatible", "chatModel"
        ),
        "ai-anthropic": _node(
            "ai, @ai-sdk/anthropic", "ai", "vercel.mjs", "anthropic", "languageModel"
        ),
    }
)


class Worker:
    """A running client. It makes one call at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.hello: Mapping[str, Any] = {}
        """What it has said of itself: `versions` and `calls` by protocol, and `strangers`."""

    async def ask(self, call: str, **asked: Any) -> dict[str, Any]:
        """Make a call and return what came of it: `raised` is the name of an error.

        `strangers` are hosts elsewhere that the client wanted to reach.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode({"call": call} | asked) + b"\n")
        return await self._read(deadline=20)

    async def greet(self) -> None:
        """Read what it says of itself."""
        self.hello = await self._read(deadline=60)

    async def _read(self, deadline: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(deadline):
                line = await self._process.stdout.readline()
        except TimeoutError:
            self._process.kill()  # or every further call would wait as long
            raise
        assert line, f"the worker ended with {await self._process.wait()}"
        return msgspec.json.decode(line)


class Workers:
    """Starts each client once, when it is first asked for."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._running: dict[tuple[str, ...], Worker] = {}

    async def of(self, name: str) -> Worker:
        """Return a client; skip the test, or fail it if nothing may be missing, without it."""
        client = CLIENTS[name]
        if missing := client.missing():
            if os.environ.get("REQUIRE_ALL") == "1":
                pytest.fail(missing)
            pytest.skip(missing)
        if client.words not in self._running:
            self._running[client.words] = await self._stack.enter_async_context(_started(client))
        return self._running[client.words]


@asynccontextmanager
async def _started(client: Client):
    with tempfile.TemporaryDirectory(prefix="client-") as home:
        process = await asyncio.create_subprocess_exec(
            *client.words,
            cwd=client.folder,
            env=_environment(home),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 24,
        )
        worker = Worker(process)
        try:
            await worker.greet()
            yield worker
        finally:
            process.kill()  # a framework takes a second to end by itself
            await process.wait()


def _environment(home: str) -> dict[str, str]:
    """Leave out what would configure a client; its home has no files that would."""
    kept = {n: v for n, v in scrubbed(os.environ).items() if not n.startswith(FOREIGN)}
    return kept | QUIET | {"HOME": home, "XDG_CONFIG_HOME": home}
