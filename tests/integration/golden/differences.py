"""Where this server does otherwise than the recorded one, and why.

Two kinds: what nobody can answer who has neither the model's files nor an account, and what
was decided otherwise. The replay proves that each of these differs and that no other does.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from tests.integration.golden.recordings import recordings

Names = tuple[str, ...]

BEYOND: Mapping[str, Names] = MappingProxyType(
    {
        "ollama.com: its account, its models, its search, its advice": (
            "root: GET the cloud status",
            "show: show of a model with the :cloud suffix",
            "generate: cloud suffix",
            "generate: model with remote host",
            "chat: cloud suffix",
            "chat: cloud tag suffix",
            "chat: model with remote host, service refuses",
            "embed: model with remote host",
            "embed: cloud suffix",
            "embeddings: cloud suffix",
            "root: account, signed out",
            "root: account with an empty object",
            "root: web search, signed out",
            "root: web search without a query",
            "root: web fetch, signed out",
            "root: web fetch without a url",
            "root: model recommendations, service refuses",
            "root: GET the cloud status, cloud off",
            "chat: model with remote host, cloud off",
            "generate: model with remote host, cloud off",
            "show: model with remote host, cloud off",
            "root: model recommendations, cloud off",
            "root: account, cloud off",
        ),
        "the registry: downloads and uploads": (
            "pull: a model that must be downloaded, streaming",
            "pull: a model that must be downloaded, not streaming",
            "pull: registry fails, streaming",
            "pull: registry fails, not streaming",
            "pull: plain http registry without insecure",
            "pull: registry not reachable",
            "push: a model, streaming",
            "push: a model, not streaming",
            "push: as the CLI asks",
            "push: unknown model, streaming",
            "push: unknown model, not streaming",
            "push: invalid name",
            "push: registry refuses, streaming",
            "push: registry refuses, not streaming",
        ),
        "files of models: blobs, imports, quantizing": (
            "blobs: upload a new blob",
            "blobs: upload a known blob",
            "blobs: HEAD of a known blob",
            "blobs: HEAD of a known blob, digest with a dash",
            "blobs: upload a known blob with other bytes: not read",
            "blobs: upload with another digest",
            "blobs: upload an empty blob",
            "blobs: upload in chunks",
            "create: files with an unknown digest",
            "create: files with a blob that is no model",
            "create: quantize of a model that cannot be quantized",
            "create: quantize to an unknown type",
            "create: from an uploaded model file",
            "create: from an uploaded model file, not streaming",
        ),
        "other dialects: below `/v1` what is not there is told in theirs, and lists have a head": (
            "methods: GET /v1",
            "methods: GET /v1/chat/completions",
            "methods: GET /v1/messages",
            "methods: POST /v1/models",
            "methods: HEAD /v1/models",
            "methods: GET /v1/responses/abc",
        ),
        "templates, and parsers of one model's markup": (
            "generate: thinking split from content by a server-side parser",
            "generate: thinking split by a server-side parser, not streaming",
            "generate: thinking split by the channel parser",
            "generate: thinking split by the channel parser, not streaming, level low",
            "generate: thinking level max",
            "generate: with a template",
            "generate: with a broken template",
            "generate: with a template naming an unknown function",
            "generate: debug render",
            "generate: debug render with an image",
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
            "create: with parameters, template, license",
            "create: broken template",
        ),
        "the tokenizer of a model, and the queue of its runner": (
            "generate: prompt longer than the context, shift false",
            "generate: prompt longer than the context, shift false, streaming",
            "chat: last message longer than the context, shift false, plain",
            "embed: more tokens than the context, truncate false",
            "chat: queue full, streaming",
        ),
        "faults: a runner's JSON as an error's text, streams without an end, calls without id": (
            "generate: a token repeated more than 30 times: the stream ends without a done line",
            "generate: the same, not streaming: done false",
            "generate: runner refuses the request, streaming",
            "generate: runner refuses the request, not streaming",
            "generate: runner fails with 500 before the first token, streaming",
            "generate: runner fails with 500, not streaming",
            "generate: runner answers 503, streaming",
            "generate: runner connection breaks after a token, streaming",
            "generate: runner connection breaks after a token, not streaming",
            (
                "generate: runner reports an error inside its stream, streaming: "
                "the stream ends without a done line"
            ),
            "generate: runner process dies before answering",
            "generate: runner process dies before answering, not streaming",
            "chat: a tool call without id from the runner",
            "chat: a tool call with broken arguments, streaming",
            "chat: a tool call with broken arguments, not streaming",
            "chat: text with a broken tool call, streaming",
            "chat: runner refuses before the first token, streaming",
            "chat: runner refuses, not streaming",
            "chat: runner fails with 500, streaming",
            "chat: runner fails with 500, not streaming",
            "chat: runner answers 503, streaming",
            "chat: runner answers 503, not streaming",
            "chat: runner error inside its stream after a token, streaming",
            "chat: runner error inside its stream after a token, not streaming",
            "chat: runner connection breaks after a token, streaming",
            "chat: runner connection breaks after a token, not streaming",
            "chat: runner stream ends without a finish reason, streaming",
            "chat: runner stream ends without a finish reason, not streaming",
            "chat: runner process dies, streaming",
            "chat: runner process dies, not streaming",
            "embed: runner fails",
            "embed: one of two inputs fails",
            "embeddings: runner fails",
        ),
    }
)
"""What a gateway cannot answer as recorded, or must not (tests/golden/README.md)."""

DECIDED: Mapping[str, Names] = MappingProxyType(
    {
        "a mistake in the request is 400, not 500": (
            'generate: format "yaml"',
            "generate: format 5",
            "generate: format true",
            "generate: format [1]",
            'generate: format "yaml", streaming',
            "generate: options refused: temperature a string",
            "generate: options refused: num_ctx a string",
            "generate: options refused: stop a bare string",
            "generate: options refused: stop a list of numbers",
            "generate: options refused: use_mmap a string",
            "generate: options refused: main_gpu a string",
            "generate: options refused: seed a bool",
            "generate: options refused: num_predict an object",
            "generate: options refused, not streaming",
            "generate: options refused also on a load request",
            'chat: format "yaml"',
            "chat: format 5",
            "chat: format []",
            'chat: format "yaml", streaming',
            "chat: options refused: temperature a string",
            "chat: options refused: num_ctx a string",
            "chat: options refused: stop a string",
            "embed: bad option",
            "embeddings: bad option",
            "create: license a number",
        ),
        "a parameter of a wrong type is refused when a model is made, not when it is used": (
            "create: parameter of a wrong type",
        ),
        "a model is found in any letter case, on every route": ("embeddings: other letter case",),
        "every address passes as a `Host`, an unknown or empty name on no listener": (
            "host: Host '8.8.8.8' on a loopback listener",
            "host: Host '169.254.1.1' on a loopback listener",
            "host: Host '' on a loopback listener",
            "host: Host evil.example on a listener bound to all addresses",
            "host: Host ollama on a listener bound to all addresses",
        ),
        "below `/v1` web pages may send the headers of Anthropic's SDK, too": (
            "cors: preflight allowed, /v1/chat/completions",
            "cors: preflight allowed, /v1/messages",
        ),
        "`/v1/messages/count_tokens` is a route: clients of Anthropic's API ask it": (
            "methods: POST /v1/messages/count_tokens",
        ),
        "a method that HTTP does not know is refused with 400 before there is a request": (
            "methods: FOO /api/chat",
        ),
    }
)
"""What was decided otherwise; docs/compatibility.md has the reasons."""

DIFFERENT: Mapping[str, str] = MappingProxyType(
    {
        name: reason
        for reasons in (BEYOND, DECIDED)
        for reason, names in reasons.items()
        for name in names
    }
)
"""The name of each exchange that differs, and why."""


class Score(Struct, frozen=True, kw_only=True):
    """How many recorded exchanges there are, can be answered, and are answered as recorded."""

    all: int
    possible: int
    same: int

    @property
    def percentage(self) -> float:
        """Of those that can be answered, with one digit behind the point, never rounded up."""
        return int(1000 * self.same / self.possible) / 10


def score() -> Score:
    """Count, for the documentation; the replay proves the figures."""
    possible = len(recordings()) - sum(map(len, BEYOND.values()))
    return Score(
        all=len(recordings()),
        possible=possible,
        same=possible - sum(map(len, DECIDED.values())),
    )
