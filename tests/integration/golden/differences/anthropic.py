"""Where `/v1/messages` goes otherwise than recorded."""

from __future__ import annotations

from tests.integration.golden.differences import BROKEN, MENDED, OLLAMA_COM, Reasons

BEYOND: Reasons = {
    OLLAMA_COM: ("errors: cloud suffix",),
    BROKEN: (
        "messages: a tool call with broken arguments",
        "messages: a tool call with broken arguments, streaming",
        "errors: runner refuses the request",
        "errors: runner fails with 500",
        "errors: runner answers 503",
        "errors: runner error after a token",
        "errors: runner connection breaks after a token",
        "errors: runner process dies",
        "errors: runner refuses the request, streaming",
        "errors: runner fails with 500, streaming",
        "errors: runner answers 503, streaming",
        "errors: runner error after a token, streaming",
        "errors: runner connection breaks after a token, streaming",
        "errors: runner process dies, streaming",
    ),
    MENDED: (
        "messages: a tool call without id from the runner",
        "errors: runner stream ends without a finish reason",
        "errors: runner stream ends without a finish reason, streaming",
    ),
}
"""What a gateway cannot answer as recorded, or must not."""

DECIDED: Reasons = {
    "images by address are passed on": ("messages: image by URL",),
    "an empty list is `[]`, not null": ("messages: empty answer",),
    "content that is null or empty is an empty message; content that is missing is named": (
        "errors: content missing",
        "errors: content null",
        "errors: content empty string",
    ),
    "a system prompt that is no text is refused": ("errors: system a number",),
    "errors call a model as the client did": ("errors: tools on a model without tools",),
    "any text may be the id of a model": ("errors: invalid name",),
    "`/v1/messages/count_tokens` is a route": ("methods: count_tokens is not served",),
    "paths and methods that are not there are told in the dialect": (
        "methods: GET on messages",
        "methods: batches are not served",
    ),
}
"""What was decided otherwise; docs/compatibility.md has the reasons."""
