"""The memory of an Ollama server (docs/wire/ollama-api.md 2.9, 3.6)."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.backends.chunks import concealing
from adapters.backends.ollama.backend import EMBED, GENERATE
from adapters.backends.upstream import Upstream
from adapters.dialects.ollama.outbound.answer import decode_answer, decode_embed
from adapters.dialects.ollama.outbound.models import decode_ps
from adapters.dialects.ollama.outbound.request import (
    encode_embed_load,
    encode_load,
)
from ports.errors import BackendRejected
from ports.residence import Residence, RunningModel

PATH = "api/ps"

LIST_SECONDS = 10.0
"""How long the list may take, all in all."""

_ONLY_EMBEDS = "does not support generate"


class OllamaResidence(Residence):
    """Asks `/api/ps`; a request without a prompt loads or unloads."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def running(self) -> Sequence[RunningModel]:
        """List what is loaded."""
        return decode_ps(await self._upstream.get(PATH, within=LIST_SECONDS))

    async def load(self, model: str, /, *, keep_alive: float | None = None) -> None:
        """Load or unload a model, which may take as long as an answer."""
        try:
            answer = await self._upstream.post(GENERATE, encode_load(model, keep_alive))
        except BackendRejected as refusal:
            if _ONLY_EMBEDS not in refusal.message:
                raise
            answer = await self._upstream.post(EMBED, encode_embed_load(model, keep_alive))
            with concealing(self._upstream):
                decode_embed(answer, inputs=0)
        else:
            with concealing(self._upstream):
                decode_answer(answer)
