"""Which clients make which calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from tests.e2e.clients.gateways import ANOTHER, KINDS, RELAYED, Kind
from tests.e2e.clients.ledger import Cell
from tests.e2e.clients.rows import OLLAMA, OTHERS, Row

_OLLAMA = tuple(dict.fromkeys(row.call for row in OLLAMA.values()))
_CHAT = (
    "chat",
    "tools",
    "thinking",
    "budget",
    "structured output",
    "image",
    "unknown model",
)
_FORCED = (*_CHAT, "forced tool")
_OPENAI = (*_FORCED, "list and retrieve", "completion", "embed", "impatient")
_WEIGHED = "log probabilities"
_ANTHROPIC = (*_FORCED, "list and retrieve", "tool runner", "count tokens", "impatient")
_AGENT = tuple(call for call in _CHAT if call != "budget")
"""Of a framework that raises where an answer has no text."""
_BLIND = tuple(call for call in _FORCED if call not in ("thinking", "budget"))
"""Of a client that does not show thinking, for chat completions of OpenAI's own have none."""
CALLS_OF_OLLAMA: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ollama-python": _OLLAMA,
        "ollama-python-async": _OLLAMA,
        "ollama-js": _OLLAMA,
        "langchain": (*_CHAT, "generate", "embed"),
        "llama-index": (*_CHAT, "generate"),
        "litellm": (*_CHAT, "embed"),
    }
)
CALLS_OF_OTHERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "openai-python": (*_OPENAI, _WEIGHED),
        "openai-js": _OPENAI,
        "openai-python-responses": (*_FORCED, _WEIGHED),
        "openai-js-responses": _FORCED,
        "anthropic-python": _ANTHROPIC,
        "anthropic-js": _ANTHROPIC,
        "langchain-openai": (*_BLIND, "embed"),
        "langchain-responses": _FORCED,
        "langchain-anthropic": _FORCED,
        "pydantic-ai-openai": _AGENT,
        "pydantic-ai-responses": _AGENT,
        "pydantic-ai-anthropic": _AGENT,
        "ai-openai-chat": (*_BLIND, "embed"),
        "ai-openai-responses": (*_FORCED, "embed"),
        "ai-openai-compatible": (*_FORCED, "embed"),
        "ai-anthropic": _FORCED,
    }
)
CALLS: Mapping[str, tuple[str, ...]] = MappingProxyType({**CALLS_OF_OLLAMA, **CALLS_OF_OTHERS})
RELAYABLE = frozenset(
    {
        "openai-python",
        "openai-js",
        "langchain-openai",
        "pydantic-ai-openai",
        "ai-openai-chat",
        "ai-openai-compatible",
    }
)
"""Clients whose protocol is relayed to the kinds in `RELAYED`."""


NATIVE = frozenset(
    {
        "openai-python-responses",
        "openai-js-responses",
        "anthropic-python",
        "anthropic-js",
        "langchain-responses",
        "langchain-anthropic",
        "pydantic-ai-responses",
        "pydantic-ai-anthropic",
        "ai-openai-responses",
        "ai-anthropic",
    }
)
"""Clients whose protocol is relayed to `ANOTHER`."""


def rows_of(client: str) -> Mapping[str, Row]:
    """Return the rows that a client has the calls for."""
    rows = OLLAMA if client in CALLS_OF_OLLAMA else OTHERS
    return {name: row for name, row in rows.items() if row.call in CALLS[client]}


def cells() -> list[Cell]:
    """Return every client, row and kind, by the ways there are."""
    return [
        Cell(client=client, call=name, kind=kind, by_alias=by_alias)
        for kind in (*KINDS, ANOTHER)
        for client in CALLS
        for name, row in rows_of(client).items()
        for by_alias in _ways(client, row, kind)
    ]


def _ways(client: str, row: Row, kind: Kind) -> Iterator[bool]:
    if kind == ANOTHER:
        if client in NATIVE and not row.locked:
            yield False
    elif kind in row.kinds:
        yield False
        if client in RELAYABLE and kind in RELAYED and not row.once:
            yield True
