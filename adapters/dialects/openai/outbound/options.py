"""What is asked of the model beyond the messages: options, structured output.

A server that is strict about names refuses the whole request for one it does not know, so
only what the profile names is sent (docs/wire/dialects.md 2.3, 2.4 and 1.10).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, Raw, UnsetType

from adapters.dialects.history.system_lines import with_line
from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.schema import (
    ChatBody,
    JsonSchema,
    ResponseFormat,
)
from ports.chat import JsonFormat, Message, Options

_SCHEMA_PROMPT = "Answer with one JSON object that matches this JSON schema, and nothing else: "


def set_options(body: ChatBody, options: Options, profile: Profile) -> None:
    """Fill in the options that have a name of OpenAI's."""
    body.temperature = options.temperature
    body.top_p = options.top_p
    body.presence_penalty = options.presence_penalty
    body.frequency_penalty = options.frequency_penalty
    if profile.max_tokens_field:
        setattr(body, profile.max_tokens_field, limit_of(options))
    if options.stop:
        body.stop = sent_stops(options, profile) or UNSET


def limit_of(options: Options) -> int | UnsetType:
    """Return how many tokens an answer may have, where there is a limit."""
    return UNSET if options.max_tokens is UNSET or options.max_tokens <= 0 else options.max_tokens


def sent_stops(options: Options, profile: Profile) -> tuple[str, ...]:
    """Return the stop strings that the server is told of."""
    return tuple(filter(None, options.stop or ()))[: profile.stop_limit or None]


def watched_stops(options: Options, profile: Profile) -> tuple[str, ...]:
    """Return the stop strings beyond what the server takes (`stop_strings`)."""
    if not options.stop or not profile.stop_limit:
        return ()
    return tuple(filter(None, options.stop))[profile.stop_limit :]


def extra_options(options: Options, profile: Profile) -> dict[str, Any]:
    """Return the options whose names depend on the server."""
    extra: dict[str, Any] = {}
    if options.seed is not UNSET and options.seed >= 0:
        extra[profile.seed_field] = options.seed
    for field, name in profile.samplers.items():
        value = getattr(options, field)
        if value is not UNSET:
            extra[name] = value
    if options.extensions:
        for option, name in profile.vendor_options.items():
            if option in options.extensions:
                extra[name] = options.extensions[option]
    return extra


def encode_format(wanted: JsonFormat, profile: Profile) -> ResponseFormat:
    """Ask for JSON, with a schema if there is one and the server takes it."""
    if wanted.schema is None or not profile.json_schema:
        return ResponseFormat(type="json_object")
    return schema_format(wanted, wanted.schema)


def with_schema(messages: Sequence[Message], schema: Raw) -> tuple[Message, ...]:
    """Tell the model the schema, where the server cannot be told."""
    return with_line(messages, _SCHEMA_PROMPT + bytes(schema).decode())


def schema_format(wanted: JsonFormat, schema: Raw) -> ResponseFormat:
    """Return the words for a schema; it must have a name (1.10)."""
    named = JsonSchema(
        schema=schema,
        name=wanted.name or "schema",
        description=wanted.description or UNSET,
        strict=wanted.strict,
    )
    return ResponseFormat(type="json_schema", json_schema=named)
