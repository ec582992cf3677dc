"""The scripted upstream with the persona behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

from msgspec.structs import replace

from tests.upstream.answers import models
from tests.upstream.connection import Connection, Exchange
from tests.upstream.persona import ollama, openai, openrouter
from tests.upstream.persona.catalog import MODELS
from tests.upstream.script import Reply, Taken
from tests.upstream.server import Upstream
from tests.upstream.wire import Received

Form = Literal["openai-compatible", "openrouter", "ollama"]


class Persona(Upstream):
    """Answers every request by itself, in one wire form, and remembers everything."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self._answer = _FORMS[form]()

    async def answer(self, request: Received, connection: Connection) -> None:
        """Play the answer. Called by a connection."""
        self.requests.append(request)
        exchange = Exchange(request)
        self.exchanges.append(exchange)
        try:
            reply = self._answer(request)
        except BaseException:
            connection.drop()  # or the server in front would wait for an answer
            raise
        await connection.play(_paced(reply), exchange)

    def asked(self, path: str) -> Received:
        """Return the latest request whose path ends like this."""
        return next(r for r in reversed(self.requests) if r.path.endswith(path))


def _paced(reply: Reply) -> Reply:
    """Let a stream come in two reads at least: half of it is taken before the rest is sent."""
    steps = list(reply.steps or ())
    if len(steps) <= 1:
        return reply
    half = len(steps) // 2
    return replace(reply, steps=[*steps[:half], Taken(), *steps[half:]])


def _openai(request: Received) -> Reply:
    if request.path.endswith("/models"):
        return models(*(model.bare for model in MODELS))
    return openai.answer(request)


_FORMS: Mapping[Form, Callable[[], Callable[[Received], Reply]]] = MappingProxyType(
    {
        "openai-compatible": lambda: _openai,
        "openrouter": lambda: openrouter.answer,
        "ollama": lambda: ollama.Server().answer,
    }
)
