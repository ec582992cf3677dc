"""Servers in the states in which the recorded one was: its models, its origins, its address."""

from __future__ import annotations

import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Literal, Self

from msgspec import Struct
from msgspec.structs import replace

from tests.integration.golden.recordings import Recorded, everything, recordings, send
from tests.integration.golden.runner import Runner
from tests.integration.served import Served, backend, serving
from tests.upstream.server import Upstream

MODELS = (
    "plain", "chat", "tools", "embed", "vision", "fim", "me/ns:tag", "rtools", "qthink",
    "gptoss", "remote",
)  # fmt: skip

CAPABILITIES = """capabilities = { "plain" = ["completion"], "chat" = ["completion"], \
"tools" = ["tools", "thinking"], "embed" = ["embedding"], "vision" = ["vision"], \
"fim" = ["insert"], "me/ns:tag" = ["completion"], "rtools" = ["tools", "thinking"], \
"qthink" = ["tools", "thinking"], "gptoss" = ["tools", "thinking"], "remote" = ["tools"] }"""

OLLAMA = """[[backends]]
name = "box"
kind = "ollama"
base_url = "{url}"
"""
"""What owns its models tells of them what the recorded server did."""

DECODED = 'native = ["none"]'
"""The real server translates every request, so none is relayed here."""

MYMODEL = {
    "model": "mymodel:v1",
    "from": "tools",
    "system": "You are <x>",
    "parameters": {"temperature": 0.5, "stop": ["a", "b"], "num_ctx": 2048},
    "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}],
    "license": ["MIT", "Two"],
}
"""The one of the standard models that was made over another."""

CHANGING = frozenset({"copy", "create", "delete", "ps"})
"""Groups of exchanges that change what models there are, or ask what is loaded."""

_COPY = "copy: copy a model"
_MADE = (
    "create: with parameters, template, license",
    "create: as the CLI save command asks",
    "create: with name instead of model",
    "create: from a model, not streaming",
    "create: from a model, with system, streaming",
)

BEFORE: dict[str, tuple[str, ...]] = {
    "ps: list running models, one kept forever": ("generate: load with keep_alive -1",),
    "ps: list running models, several loaded": (
        "generate: load with images but no prompt",
        "generate: load a model (no prompt)",
    ),
    "ps: list running models after embedding": (
        "generate: completion with a thinking model, think false",
        "generate: completion with a model that has a chat template in its file",
        "embed: one string",
    ),
    "ps: list running models on a server in UTC": (
        "generate: completion with a model that has a chat template in its file",
    ),
    "copy: copy onto an existing model": (_COPY,),
    "delete: delete with model": (_COPY,),
    "delete: delete with name": ("copy: copy to another namespace and tag",),
    "delete: delete with empty model and a name": ("copy: copy with another letter case",),
    "delete: delete a created model, 1": ("create: from a model, with system, streaming",),
    "tags: list models after creating some": _MADE,
    "show: show a model made by the CLI save command": (_MADE[1],),
    "show: show a model made with parameters, template, licence and messages": (_MADE[0],),
}
"""What had been asked before an exchange, where that matters."""


class State(Struct, frozen=True, kw_only=True):
    """What a server is started with."""

    settings: str = ""
    upstream: Literal["runner", "empty", "ollama"] = "runner"
    """What is behind it: models that a runner runs, no model at all, or an Ollama server."""


class Worlds:
    """Starts a server for each state, once, and one for each exchange that changes something."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._stack = AsyncExitStack()
        self._running: dict[State, Served] = {}

    async def __aenter__(self) -> Self:
        await self._stack.__aenter__()
        for state in {_state(it) for it in everything()}:
            self._running[state] = await self._stack.enter_async_context(self._serving(state))
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._stack.aclose()

    @asynccontextmanager
    async def of(self, recorded: Recorded) -> AsyncIterator[Served]:
        """Return the server for one exchange, after what had been asked before it."""
        if recorded.group not in CHANGING and recorded.name not in BEFORE:
            self._script(recorded)
            yield self._running[_state(recorded)]
            return
        async with self._serving(_state(recorded)) as served:
            for name in BEFORE.get(recorded.name, ()):
                before = recordings()[name]
                self._script(before)
                await send(_without_template(before), served.url)
            self._script(recorded)
            yield served

    def _script(self, recorded: Recorded) -> None:
        self._upstream.forget()
        self._list_models()
        self._upstream.always(Runner(recorded))

    def _list_models(self) -> None:
        self._upstream.models = MODELS
        self._upstream.tags = recordings()["tags: list all models"].response["body"]["models"]

    @asynccontextmanager
    async def _serving(self, state: State) -> AsyncIterator[Served]:
        self._list_models()
        with tempfile.TemporaryDirectory(prefix="llamaport-") as folder:
            models = f'[models]\nfile = "{folder}/models.json"\n'
            async with serving(state.settings + models + self._behind(state)) as served:
                if state.upstream == "runner":
                    await served.client.post("/api/create", json=MYMODEL)
                yield served

    def _behind(self, state: State) -> str:
        match state.upstream:
            case "runner":
                return backend(self._upstream.base_url, CAPABILITIES, DECODED)
            case "empty":
                return backend(self._upstream.base_url, 'models = ["!*"]')
            case "ollama":
                return OLLAMA.format(url=self._upstream.url)


def _without_template(recorded: Recorded) -> Recorded:
    """Leave out of the making of a model what only the holder of its files can apply."""
    body = recorded.request.get("body") or {}
    kept = {key: value for key, value in body.items() if key != "template"}
    return replace(recorded, request=recorded.request | {"body": kept}) if body else recorded


def _state(recorded: Recorded) -> State:
    """Return what the state of an exchange asks for."""
    state = recorded.state
    if state.startswith("no models"):
        return State(upstream="empty")
    if recorded.group == "models":
        return State(upstream="ollama")
    if "bound to all addresses" in state:
        return State(settings='[server]\nhost = "0.0.0.0"\nallow_anonymous = true\n')
    if "(*)" in state:
        return State(settings='[server]\ncors_origins = ["*"]\n')
    if extra := re.search(r'extra origins "(.*)"', state):
        origins = ", ".join(f'"{origin}"' for origin in extra[1].split(","))
        return State(settings=f"[server]\ncors_origins = [{origins}]\n")
    return State()
