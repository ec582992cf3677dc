"""What `/api/chat` and `/api/generate` have in common once they are decoded."""

from __future__ import annotations

from typing import Generic, TypeVar

from msgspec import Struct

from ports.chat import ChatRequest
from ports.generate import GenerateRequest

Asked = TypeVar("Asked", ChatRequest, GenerateRequest)


class Call(Struct, Generic[Asked], frozen=True, kw_only=True):
    """A decoded body. `keep_alive` is in seconds, negative for ever, `None` if it was not said."""

    request: Asked
    loads: bool
    """Whether nothing is asked: the model is to be loaded, or unloaded."""
    stream: bool = True
    keep_alive: float | None = None
    debug_render_only: bool = False

    @property
    def unloads(self) -> bool:
        """Whether the model is to go, and nothing else."""
        return self.loads and self.keep_alive == 0
