"""Where `/v1/responses` goes otherwise than recorded."""

from __future__ import annotations

from tests.integration.golden.differences import BROKEN, MENDED, Reasons

BEYOND: Reasons = {
    BROKEN: (
        "responses: a tool call with broken arguments",
        "responses: a tool call with broken arguments, streaming",
        "errors: runner refuses the request",
        "errors: runner fails with 500",
        "errors: runner error after a token",
        "errors: runner connection breaks after a token",
        "errors: runner refuses the request, streaming",
        "errors: runner fails with 500, streaming",
        "errors: runner error after a token, streaming",
        "errors: runner connection breaks after a token, streaming",
    ),
    MENDED: (
        "responses: a tool call without id from the runner",
        "errors: runner stream ends without a finish reason, streaming",
    ),
    "faults: text beside a call dropped or never closed, a cut answer that is `completed`": (
        "responses: text and a tool call",
        "responses: text and a tool call, streaming",
        "responses: thinking, text and a tool call, streaming",
        "responses: answer cut by length",
        "responses: answer cut by length, streaming",
    ),
}
"""What a gateway must not answer as recorded."""

DECIDED: Reasons = {
    "`parallel_tool_calls` and `top_logprobs` are kept, and repeated": (
        "responses: instructions and parameters",
    ),
    "images by address and refusals are passed on; files and items that lie elsewhere are not": (
        "responses: input image with http URL",
        "responses: input image with file id",
        "responses: input file",
        "responses: refusal part",
        "responses: item_reference",
    ),
    "unknown items are passed over, and a request of nothing else is refused": (
        "responses: unknown item",
    ),
    "tools that are no functions are dropped, and told": (
        "responses: custom tool",
        "responses: hosted tool",
    ),
    "`previous_response_id` is refused: nothing is kept": (
        "responses: tool_choice and previous_response_id are ignored",
    ),
    "errors call a model as the client did": ("errors: tools on a model without tools",),
    "a stream without words has an empty message, as a whole answer has": (
        "responses: empty answer, streaming",
    ),
    "`input` is required": (
        "errors: input missing",
        "errors: input null",
        "errors: input empty string",
        "errors: input empty list",
    ),
    "paths and methods that are not there are told in the dialect": (
        "methods: GET /v1/responses/resp_1",
        "methods: DELETE /v1/responses/resp_1",
        "methods: GET /v1/responses",
    ),
    "`/v1/responses/input_tokens` and `/v1/responses/compact` are routes": (
        "methods: POST /v1/responses/compact",
        "methods: POST /v1/responses/input_tokens",
    ),
}
"""What was decided otherwise; docs/compatibility.md has the reasons."""
