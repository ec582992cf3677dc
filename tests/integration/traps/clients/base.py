"""What the clients of every route can be asked to do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import httpx

from tests.integration.traps.said import Said

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
FUNCTION = {"name": "f", "description": "F", "parameters": SCHEMA}


class Dialect(ABC):
    """What clients of one route write and read."""

    name: ClassVar[str]
    path: ClassVar[str]
    headers: ClassVar[dict[str, str]] = {}
    streams_unasked: ClassVar[bool] = False
    """Whether an absent `stream` asks for a stream."""
    counts: ClassVar[dict[str, Any]] = {}
    """Members that ask for the tokens of a stream, where that must be asked for."""
    tools: ClassVar[dict[str, Any]] = {}
    """Members that offer the function `f`; empty where there is no place for tools."""

    @abstractmethod
    def body(self, text: str) -> dict[str, Any]:
        """Ask a question, by no more members than the dialect demands."""

    @abstractmethod
    def options(self, **options: Any) -> dict[str, Any]:
        """Spell `temperature`, `seed` or `limit` (of tokens) as members."""

    def image(self, text: str, data: bytes, after: str = "") -> dict[str, Any]:
        """Ask about an image between two texts, as members in place of those of `body`."""
        raise NotImplementedError

    def called(self, *results: tuple[dict[str, Any], str]) -> dict[str, Any]:
        """Go on after calls of `f`, each with its arguments and its result, in place of `body`."""
        raise NotImplementedError

    def thought(self, thinking: str, text: str) -> dict[str, Any]:
        """Go on after a turn of the model with thinking in it, in place of `body`."""
        raise NotImplementedError

    @abstractmethod
    def read(self, answer: httpx.Response) -> Said:
        """Read an answer, good or bad, whole or streamed."""
