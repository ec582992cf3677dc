"""Names of attributes and events, for every span.

Those of HTTP are OpenTelemetry's stable ones, those of `gen_ai` its conventions for generative
AI, as far as they have a word for it; what is ours alone begins with `llamaport.`.
"""

from __future__ import annotations

from typing import Final

METHOD: Final = "http.request.method"
ORIGINAL_METHOD: Final = "http.request.method_original"
ROUTE: Final = "http.route"
STATUS: Final = "http.response.status_code"
RESPONSE_SIZE: Final = "http.response.body.size"
SCHEME: Final = "url.scheme"
PATH: Final = "url.path"
QUERY: Final = "url.query"
FULL_URL: Final = "url.full"
OLD_FULL_URL: Final = "http.url"
"""For whoever asks for the names from before the stable ones."""
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
PEER_ADDRESS: Final = "network.peer.address"
PEER_PORT: Final = "network.peer.port"
CLIENT_ADDRESS: Final = "client.address"
PROTOCOL_VERSION: Final = "network.protocol.version"

ERROR_TYPE: Final = "error.type"
EXCEPTION: Final = "exception"
EXCEPTION_TYPE: Final = "exception.type"
EXCEPTION_MESSAGE: Final = "exception.message"
EXCEPTION_STACKTRACE: Final = "exception.stacktrace"

OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
OUTPUT_TYPE: Final = "gen_ai.output.type"
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_STREAM: Final = "gen_ai.request.stream"
DIMENSIONS: Final = "gen_ai.embeddings.dimension.count"
REASONING_LEVEL: Final = "gen_ai.request.reasoning.level"
RESPONSE_MODEL: Final = "gen_ai.response.model"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
TIME_TO_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
"""In seconds."""
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
CACHE_READ_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITE_TOKENS: Final = "gen_ai.usage.cache_write.input_tokens"
REASONING_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"

REQUEST_OPTIONS: Final = {
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "top_k": "gen_ai.request.top_k",
    "max_tokens": "gen_ai.request.max_tokens",
    "seed": "gen_ai.request.seed",
    "stop": "gen_ai.request.stop_sequences",
    "presence_penalty": "gen_ai.request.presence_penalty",
    "frequency_penalty": "gen_ai.request.frequency_penalty",
}
"""By the names of `ports.chat.Options`."""

BACKEND: Final = "llamaport.route.backend"
KIND: Final = "llamaport.route.kind"
WHY: Final = "llamaport.route.why"
"""One of `ports.observer.Why`."""
ALIAS: Final = "llamaport.route.alias"
RELAYED: Final = "llamaport.route.relayed"
ASKED: Final = "llamaport.route.asked"
"""The model as the client named it."""
REQUEST_ID: Final = "llamaport.request_id"
CANCELLED: Final = "llamaport.cancelled"
"""The client hung up, or the server stopped: nobody's error."""
TOOLS_CALLED: Final = "llamaport.tools_called"
PIECES: Final = "llamaport.stream.pieces"
COST: Final = "llamaport.usage.cost_usd"
FIRST_TOKEN: Final = "llamaport.first_token"  # noqa: S105 - an event, and nobody's password
