"""What the offline backend makes nothing of.

There is no model, so whatever only steers one (sampling, names, how closely to look) is taken and
changes nothing: what could be told of it was told. Named is what an answer would show.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Raw

from adapters.dialects.requests.extensions import SHIFT, TRUNCATE
from adapters.dialects.requests.losing import lost_extensions
from ports.chat import ChatRequest
from ports.generate import GenerateRequest

_TAKEN = frozenset({TRUNCATE, SHIFT})
"""Nothing is ever too long here."""


def answer_losses(request: ChatRequest | GenerateRequest) -> tuple[str, ...]:
    """Name what no answer will show: log probabilities, and what only vendors know."""
    lost = []
    if request.logprobs or request.top_logprobs:
        lost.append("logprobs")
    if request.top_logprobs:
        lost.append("top_logprobs")
    return (*lost, *extension_losses(request.extensions))


def extension_losses(extensions: Mapping[str, Raw]) -> tuple[str, ...]:
    """Name the extensions, none of which is for this backend."""
    return tuple(lost_extensions(extensions, _TAKEN)) if extensions else ()
