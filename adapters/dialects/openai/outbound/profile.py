"""What a server that speaks OpenAI's dialect takes and refuses.

A quirk is a named field, and a kind of server a row of them (`servers`). Nothing asks which
server it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from ports.chat import Effort

Thinking = Literal["omit", "effort", "template", "template_with_effort", "reasoning"]
"""How a server is told whether to think: not at all, by `reasoning_effort`, by
`chat_template_kwargs.enable_thinking` (levels by `reasoning_effort`), all of it inside
`chat_template_kwargs`, or inside `reasoning`."""

CompletionFormat = Literal["none", "response_format", "json_schema"]
"""How a server is told to complete a raw prompt by JSON: not at all, as with a chat, or by the
schema alone."""

MaxTokensField = Literal["max_tokens", "max_completion_tokens", ""]

_NO_NAMES: Mapping[str, str] = MappingProxyType({})


class Profile(Struct, frozen=True, kw_only=True):
    """One kind of server. The defaults are the least that every server takes."""

    samplers: Mapping[str, str] = _NO_NAMES
    """Options beyond OpenAI's own: from the field of `Options` to the name upstream."""
    vendor_options: Mapping[str, str] = _NO_NAMES
    """The same for names in `Options.extensions`. What is in neither is dropped."""
    extensions: Mapping[str, str] = _NO_NAMES
    """Members of a chat that only some servers act on (`extensions`): from `dialect.field` to the
    name upstream."""
    prompt_extensions: Mapping[str, str] = _NO_NAMES
    """The same beside a prompt to complete."""
    embed_extensions: Mapping[str, str] = _NO_NAMES
    """The same beside texts to embed."""
    max_tokens_field: MaxTokensField = "max_tokens"
    """Empty where no limit is to be sent."""
    seed_field: str = "seed"
    stop_limit: int = 0
    """How many stop strings are taken, 0 for any number. The first ones are sent; the rest is
    watched for on our side, where a stream is held back as far as that needs."""
    thinking: Thinking = "effort"
    efforts: tuple[Effort, ...] = ("low", "medium", "high")
    """Levels it knows, weakest first; others are lowered to one of them, or are the first."""
    always_thinks: bool = False
    """Whether it refuses to be told not to think."""
    budget_field: str = ""
    """Takes how many tokens thinking may cost; empty: it is told by an effort alone."""
    reasoning_field: str = ""
    """Field of an earlier assistant message that takes its thinking; empty: not sent."""
    reasoning_details: bool = False
    """Whether it signs what its models think and wants that back (`reasoning_details`)."""
    authors: bool = False
    """Whether any message takes the `name` of who speaks."""
    files: bool = False
    """Whether a message may hold files by value."""
    context_length: int = 0
    """Tokens of a prompt and its answer together, 0 where the list of models does not tell."""
    stream_usage: bool = True
    """Whether it takes `stream_options`."""
    logprobs: bool = True
    json_schema: bool = True
    """Whether it takes `json_schema`; if not, any JSON object is asked for and the schema is
    told to the model."""
    null_content: bool = False
    """Whether an assistant message with calls and no text says `null` instead of `""`."""
    short_ids: bool = False
    """Whether ids of tool calls must be nine alphanumerics."""
    named_choice: bool = True
    """Whether a call of one tool can be demanded by its name; if not, it is the only one on offer
    and some call is demanded."""
    parallel_tool_calls: bool = False
    """Whether it takes a word on several calls at once. Where one is wanted one is read."""
    strict_tools: bool = False
    """Whether a tool can ask for arguments that match its schema for sure."""
    completions: str = "completions"
    """Path, below the base URL, that completes raw prompts; empty where there is none."""
    infill: str = "completions"
    """The same for prompts with a suffix."""
    completion_format: CompletionFormat = "none"
    counter: str = ""
    """Path, below the base URL, that counts the tokens of a chat; empty where there is none."""
    embed_limit: int = 0
    """How many texts one request may hold, 0 for any number."""
    embed_dimensions: bool = True
    """Whether it takes `dimensions` with texts to embed."""
    mark_suffices: bool = False
    """Whether `[DONE]` ends an answer that has not told why it ends. Elsewhere that is one which
    was cut off before a proxy or a library put its mark behind it."""
    embed_truncates: bool = False
    """Whether `truncate_prompt_tokens: -1` makes it cut texts that are too long."""
