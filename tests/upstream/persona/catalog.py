"""The models behind the persona: those of the recordings (tests/golden/README.md)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

GOLDEN = Path(__file__).resolve().parents[2] / "golden"


class Described(Struct, frozen=True, kw_only=True):
    """A model: its name as Ollama lists it, and what it can do."""

    name: str
    capabilities: tuple[str, ...]

    @property
    def bare(self) -> str:
        """The name without a final `:latest`."""
        return self.name.removesuffix(":latest")


_ALL = ("completion", "tools", "thinking")

MODELS = (
    Described(name="plain:latest", capabilities=("completion",)),
    Described(name="chat:latest", capabilities=("completion",)),
    Described(name="tools:latest", capabilities=_ALL),
    Described(name="embed:latest", capabilities=("embedding",)),
    Described(name="vision:latest", capabilities=("completion", "vision")),
    Described(name="mymodel:v1", capabilities=_ALL),
    Described(name="me/ns:tag", capabilities=("completion",)),
    Described(name="qthink:latest", capabilities=_ALL),
)


@cache
def recorded(group: str) -> dict[str, Any]:
    """Return the recorded 200 answers of a group of native exchanges, by name.

    Some recorded texts hold half a surrogate pair, which only the standard library reads.
    """
    lines = (GOLDEN / "ollama-native.jsonl").read_text().splitlines()
    exchanges = [json.loads(line) for line in lines]
    return {
        exchange["name"]: exchange
        for exchange in exchanges
        if exchange["group"] == group and exchange["response"]["status"] == 200
    }
