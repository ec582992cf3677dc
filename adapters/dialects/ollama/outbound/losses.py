"""What an Ollama server cannot be told of a request, or only nearly so.

The counterpart of `request`: whatever that leaves out or says otherwise is named here, by neutral
names. Options are all told, unknown ones too. docs/translation.md gives the reasons.
"""

from __future__ import annotations

from msgspec import UNSET

from adapters.dialects.ollama.outbound.options import LEVELS
from adapters.dialects.requests.extensions import KEEP_ALIVE, SHIFT, TRUNCATE
from adapters.dialects.requests.losing import (
    Heard,
    demands_call,
    lost_extensions,
    lost_in_messages,
)
from ports.chat import ChatRequest
from ports.embed import EmbedRequest
from ports.generate import GenerateRequest

_TAKEN = frozenset({KEEP_ALIVE, TRUNCATE, SHIFT})
_HEARD = Heard(thinking=True)


def chat_losses(request: ChatRequest) -> tuple[str, ...]:
    """Name what `request.encode_chat` leaves out or says otherwise.

    A choice that demands a call is put into words, which a model may pass over. Output by a
    schema is always held to it, which is what its `strict` asks for; the tools' are not.
    """
    lost = _answer(request)
    if demands_call(request):
        lost.append("tool_choice")
    if any(tool.strict is True for tool in request.tools):
        lost.append("tools.strict")
    if request.thinking_budget is not UNSET and request.think is not False:
        lost.append("thinking_budget")
    lost += lost_in_messages(request.messages, _HEARD)
    return tuple(lost)


def prompt_losses(request: GenerateRequest) -> tuple[str, ...]:
    """Name what `request.encode_generate` leaves out or says otherwise."""
    return tuple(_answer(request))


def embed_losses(request: EmbedRequest) -> tuple[str, ...]:
    """Name what `request.encode_embed` leaves out."""
    return tuple(lost_extensions(request.extensions, _TAKEN)) if request.extensions else ()


def _answer(request: ChatRequest | GenerateRequest) -> list[str]:
    lost = lost_extensions(request.extensions, _TAKEN) if request.extensions else []
    if request.format is not None and request.format.description:
        lost.append("format.description")
    if isinstance(request.think, str) and LEVELS[request.think] != request.think:
        lost.append("think")
    return lost
