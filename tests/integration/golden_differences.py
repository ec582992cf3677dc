"""Where this server does otherwise than the recorded one, on purpose, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct

from tests.integration.golden import recordings

_BY_REASON: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "a mistake in the request is 400, not 500": (
            'chat: format "yaml"',
            'chat: format "yaml", streaming',
            "chat: format 5",
            "chat: format []",
            "chat: options refused: temperature a string",
            "chat: options refused: num_ctx a string",
            "chat: options refused: stop a string",
        ),
        "names are the upstream's own: no registry host, no `library`, no `:local`": (
            "show: show with a full default name",
            "show: show of a model with the :local suffix",
            "chat: name form 'library/chat' is echoed unchanged",
            "chat: name form 'registry.ollama.ai/library/chat:latest' is echoed unchanged",
            "chat: name form 'chat:local' is echoed unchanged",
        ),
        "no cloud stands behind this server": (
            "show: show of a model with the :cloud suffix",
            "show: show with both suffixes",
            "show: model with remote host, cloud off",
            "show: cloud suffix, cloud off",
            "chat: cloud suffix",
            "chat: cloud tag suffix",
            "chat: both suffixes",
            "chat: model with remote host, service refuses",
            "chat: cloud suffix, cloud off",
            "chat: model with remote host, cloud off",
        ),
        "making models is for a later version": (
            "show: show a model made with parameters, template, licence and messages",
            "show: show a model made by the CLI save command",
            "tags: list models after creating some",
        ),
        "templates and parsers of one model's markup are the upstream's": (
            "chat: thinking by a server-side parser, streaming",
            "chat: thinking by a server-side parser, not streaming",
            "chat: thinking by the channel parser, streaming",
            "chat: thinking by the channel parser, not streaming",
            "chat: a tool call found in text by a Go template model, streaming",
            "chat: a tool call found in text by a Go template model, not streaming",
            "chat: two tool calls found in text, streaming",
            "chat: tool call by a server-side parser, with thinking, streaming",
            "chat: tool call by a server-side parser, with thinking, not streaming",
            "chat: text and two tool calls by a server-side parser, streaming",
            "chat: tool call by the channel parser, streaming",
            "chat: tool call by the channel parser, not streaming",
            "chat: format json with a thinking server-side parser",
            "chat: debug render, chat template in the model file",
            "chat: debug render, Go template",
        ),
        "the upstream counts tokens and keeps its queue": (
            "chat: last message longer than the context, shift false, plain",
            "chat: queue full, streaming",
        ),
        "a tool call always has an id": ("chat: a tool call without id from the runner",),
        "an upstream's fault is 502, in words of our own": (
            "chat: a tool call with broken arguments, streaming",
            "chat: a tool call with broken arguments, not streaming",
            "chat: text with a broken tool call, streaming",
            "chat: runner fails with 500, streaming",
            "chat: runner fails with 500, not streaming",
            "chat: runner error inside its stream after a token, streaming",
            "chat: runner error inside its stream after a token, not streaming",
            "chat: runner connection breaks after a token, streaming",
            "chat: runner connection breaks after a token, not streaming",
            "chat: runner process dies, streaming",
            "chat: runner process dies, not streaming",
        ),
        "the upstream's message, not its JSON": (
            "chat: runner refuses before the first token, streaming",
            "chat: runner refuses, not streaming",
            "chat: runner answers 503, streaming",
            "chat: runner answers 503, not streaming",
        ),
        "an answer that came whole ends with `done:true`": (
            "chat: runner stream ends without a finish reason, streaming",
            "chat: runner stream ends without a finish reason, not streaming",
        ),
    }
)


def _by_name() -> Iterator[tuple[str, str]]:
    for reason, names in _BY_REASON.items():
        for name in names:
            yield name, reason


DIFFERENT: Mapping[str, str] = MappingProxyType(dict(_by_name()))
"""The name of each exchange that differs, and why."""


class Score(Struct, frozen=True):
    """How many recorded exchanges go as recorded, of how many that this version serves."""

    same: int
    all: int


def score() -> Score:
    """Count, for the documentation; the replay proves the figures."""
    return Score(same=len(recordings()) - len(DIFFERENT), all=len(recordings()))
