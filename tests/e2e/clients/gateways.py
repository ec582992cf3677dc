"""The served process on each kind of upstream, with models of the same names behind it."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Literal, get_args

from msgspec import Struct

from tests.e2e.server import Served, serve
from tests.upstream.persona.behaviour import ROUNDS, TRIGGER, result_of
from tests.upstream.persona.catalog import MODELS
from tests.upstream.persona.server import Persona

Kind = Literal["openai-compatible", "openrouter", "ollama", "offline", "another llamaport"]
ANOTHER: Kind = "another llamaport"
"""A server that has `/v1/responses` and `/v1/messages` itself, and is relayed to by its clients."""
KINDS: tuple[Kind, ...] = tuple(kind for kind in get_args(Kind) if kind != ANOTHER)
"""Those that every client is run on."""
UPSTREAM: tuple[Kind, ...] = ("openai-compatible", "openrouter", "ollama")
"""Kinds with a server behind the gateway."""
RELAYED: tuple[Kind, ...] = ("openai-compatible", "openrouter")
"""Kinds to which chats of OpenAI's clients go byte for byte, but by an alias with options."""

KEY = "the-key-of-ada"
SEED = 7
"""What aliases with options ask for."""
CITIES = ("Oslo", "Rome", "Lima")


class Gateway(Struct, frozen=True, kw_only=True):
    """A running server and what is behind it."""

    kind: Kind
    served: Served
    upstream: Persona | None
    """`None` for the embedded backend."""

    @property
    def questions(self) -> Sequence[str]:
        """What a user asks so that there are three rounds of two calls.

        The embedded backend calls tools when the user speaks, so it takes three questions;
        the persona goes on by itself, as an agent's model does.
        """
        if self.upstream is not None:
            return [f"{TRIGGER} of calls, please."]
        return [f"Call get_weather and get_time, city: {city}." for city in CITIES]

    @property
    def rounds(self) -> list[list[tuple[str, str]]]:
        """The calls that come of it."""
        if self.upstream is not None:
            return [list(calls) for calls in ROUNDS]
        return [[("get_weather", city), ("get_time", city)] for city in CITIES]

    @property
    def results(self) -> list[str]:
        """What the tools answer to them."""
        return [result_of(*call) for calls in self.rounds for call in calls]


class Gateways:
    """Starts one server for each kind, when it is first asked for."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._running: dict[Kind, Gateway] = {}
        self._locked: Gateway | None = None

    async def of(self, kind: Kind) -> Gateway:
        """Return the gateway in front of a kind of upstream."""
        if kind not in self._running:
            self._running[kind] = await self._start(kind)
        return self._running[kind]

    async def locked(self) -> Gateway:
        """Return one, of kind `offline`, that wants a key."""
        if self._locked is None:
            self._locked = await self._embedded(_offline() + _keys())
        return self._locked

    async def _embedded(self, config: str) -> Gateway:
        served = await self._stack.enter_async_context(serve(config))
        return Gateway(kind="offline", served=served, upstream=None)

    async def _start(self, kind: Kind) -> Gateway:
        if kind == "offline":
            return await self._embedded(_offline())
        form = "openai-compatible" if kind == ANOTHER else kind
        upstream = await self._stack.enter_async_context(Persona(form))
        config = _config(form, upstream.url)
        if kind == ANOTHER:
            # By their ports the two tell each other apart: 0 would be one and the same.
            behind = serve(config, port=_unused_port())
            back = await self._stack.enter_async_context(behind)
            config = _before(back.url)
        served = await self._stack.enter_async_context(serve(config))
        return Gateway(kind=kind, served=served, upstream=upstream)


def by_alias(name: str) -> str:
    """Name the alias of a model that has options."""
    return f"{name}-by-alias"


def _config(kind: Kind, url: str) -> str:
    entry = f'[[backends]]\nname = "up"\nkind = "{kind}"\n'
    match kind:
        case "openrouter":
            aliases = "".join(f'"{m.bare}" = "up/test/{m.bare}"\n' for m in MODELS)
            entry += f'base_url = "{url}/api/v1"\napi_key = "k"\n[aliases]\n{aliases}'
            return entry + _with_options("up/test/")
        case "openai-compatible":
            can = ", ".join(f'"{m.bare}" = {list(m.capabilities)}' for m in MODELS)
            entry += f'base_url = "{url}/v1"\napi_key = "k"\ncapabilities = {{ {can} }}\n'
            return f"{entry}[aliases]\n{_with_options('up/')}"
        case _:
            return f'{entry}base_url = "{url}"\n'


def _unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


def _before(url: str) -> str:
    """Relay what can be; what would have to be translated with a loss is refused."""
    entry = f'[[backends]]\nname = "up"\nkind = "openai-compatible"\nbase_url = "{url}/v1"\n'
    native = 'native = ["openai", "responses", "anthropic"]\n'
    return f"{entry}{native}[routing]\nstrict_translation = true\n"


def _with_options(prefix: str) -> str:
    options = f"options = {{ seed = {SEED} }}"
    return "".join(
        f'"{by_alias(m.bare)}" = {{ targets = ["{prefix}{m.bare}"], {options} }}\n' for m in MODELS
    )


def _offline() -> str:
    targets = {
        model.bare: "offline-embed" if "embedding" in model.capabilities else "offline"
        for model in MODELS
    }
    aliases = "".join(f'"{name}" = "offline/{target}"\n' for name, target in targets.items())
    return f'[[backends]]\nname = "offline"\nkind = "offline"\n[aliases]\n{aliases}'


def _keys() -> str:
    return f'[[keys]]\nname = "ada"\nkey = "{KEY}"\n'
