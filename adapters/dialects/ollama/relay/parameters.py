"""What a request of Ollama's API that passes asks for (docs/wire/ollama-api.md 2.4, 2.6, 2.7)."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from adapters.dialects.ollama.inbound.thinking import decode_think
from adapters.dialects.relaying.bodies import Members, member_of
from adapters.dialects.relaying.parameters import above_zero, inner, number, texts, whole, word
from ports.chat import Effort, Options
from ports.errors import InvalidRequest
from ports.parameters import OutputType, Parameters


def parameters_of_answer(members: Members) -> Parameters:
    """Read them of a chat or a prompt."""
    return Parameters(options=_options(members), output=_output(members), effort=_effort(members))


def parameters_of_vectors(members: Members) -> Parameters:
    """Read them of texts to embed."""
    return Parameters(options=_options(members), dimensions=above_zero(members, "dimensions"))


def parameters_of_vector(members: Members) -> Parameters:
    """Read them of `/api/embeddings`, whose vector is never shortened."""
    return Parameters(options=_options(members))


def _options(members: Members) -> Options:
    options = inner(members, "options")
    limit = whole(options, "num_predict", cut=True)
    return Options(
        temperature=number(options, "temperature"),
        top_p=number(options, "top_p"),
        top_k=whole(options, "top_k", cut=True),
        presence_penalty=number(options, "presence_penalty"),
        frequency_penalty=number(options, "frequency_penalty"),
        seed=whole(options, "seed", cut=True),
        max_tokens=limit or UNSET,
        stop=texts(options, "stop"),
    )


def _output(members: Members) -> OutputType | UnsetType:
    form = member_of(members, "format")
    if form in {b"", b'""'}:
        return "text"
    return "json" if form == b'"json"' or form.startswith(b"{") else UNSET


def _effort(members: Members) -> Effort | UnsetType:
    try:
        effort = decode_think(word(members, "think") or None)
    except InvalidRequest:
        return UNSET
    return UNSET if isinstance(effort, bool) else effort
