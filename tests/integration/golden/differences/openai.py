"""Where chats, completions, embeddings and models of OpenAI's API go otherwise than recorded."""

from __future__ import annotations

from tests.integration.golden.differences import BROKEN, MENDED, OLLAMA_COM, PARSERS, Reasons

BEYOND: Reasons = {
    OLLAMA_COM: (
        "errors: cloud suffix",
        "errors: model with remote host",
        "models: cloud suffix",
    ),
    PARSERS: (
        "chat: two tool calls by a server-side parser, streaming",
        "completions: thinking model",
        "completions: thinking model, streaming",
    ),
    "the tokenizer of a model: what is too long is told in the upstream's words": (
        "embeddings: too long",
    ),
    BROKEN: (
        "chat: a tool call with broken arguments",
        "chat: a tool call with broken arguments, streaming",
        "chat: runner refuses the request",
        "chat: runner fails with 500",
        "chat: runner answers 503",
        "chat: runner error after a token",
        "chat: runner connection breaks after a token",
        "chat: runner process dies",
        "chat: runner refuses the request, streaming",
        "chat: runner fails with 500, streaming",
        "chat: runner answers 503, streaming",
        "chat: runner error after a token, streaming",
        "chat: runner connection breaks after a token, streaming",
        "chat: runner process dies, streaming",
        "completions: runner refuses the request",
        "completions: runner fails with 500",
        "completions: runner connection breaks after a token",
        "completions: runner refuses the request, streaming",
        "completions: runner fails with 500, streaming",
        "completions: runner connection breaks after a token, streaming",
        "embeddings: runner fails",
    ),
    MENDED: (
        "chat: a tool call without id from the runner",
        "chat: runner stream ends without a finish reason",
        "chat: runner stream ends without a finish reason, streaming",
    ),
}
"""What a gateway cannot answer as recorded, or must not."""

DECIDED: Reasons = {
    "content that is null, missing or an empty list is an empty message": (
        "chat: content null of an assistant without calls",
        "chat: content missing",
        "chat: content an empty list",
    ),
    "`n` above 1 is refused in chats; in completions it, `echo` and lists of prompts are kept": (
        "chat: the usual parameters",
        "completions: parameters",
        "completions: prompt a list",
    ),
    "images by address and of any format, files and unknown parts are passed on": (
        "chat: an image with http URL",
        "chat: a GIF image",
        "chat: file part",
        "chat: unknown part",
    ),
    "no arguments of a call in the history are `{}`; of broken ones the tool is named": (
        "chat: tool call history with broken arguments",
        "chat: tool call history with empty arguments",
    ),
    "an empty prompt ends with `stop`, not `load`": (
        "completions: prompt missing",
        "completions: prompt empty",
        "completions: prompt empty, streaming",
    ),
    "`logprobs` of completions are told": ("completions: logprobs",),
    "`usage` in the earlier events is null": ("completions: streaming with usage",),
    "errors call a model as the client did": (
        "chat: tools on a model without tools",
        "completions: suffix on a model without insert",
        "models: unknown model",
    ),
    "any text may be the id of a model, one with slashes too": (
        "errors: invalid name",
        "models: one model in a namespace, slash as it is",
        "models: one model in a namespace, slash encoded",
        "models: invalid name",
    ),
    "an empty list is `[]`, not null": ("models: list of an empty store",),
    "who sends Anthropic's headers gets Anthropic's list": ("models: list with Anthropic headers",),
    "bodies in gzip are read, and broken ones are told in the dialect's own form": (
        "errors: zstd body that is not zstd",
        "errors: gzip body",
    ),
    "paths that are not there are told in the dialect; final slashes are served": (
        "models: trailing slash",
        "other: transcriptions without a form",
        "other: images route",
        "other: moderations route",
    ),
}
"""What was decided otherwise; docs/compatibility.md has the reasons."""
