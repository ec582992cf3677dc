"""Wire Structs of what an Ollama server is sent, and of what it answers.

docs/wire/ollama-api.md 2.2, 2.3, 2.8, 3.2 and 3.3. What is read may lack any member.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import UNSET, Raw, Struct, UnsetType

ABSENT = Raw()


class SentFunction(Struct, frozen=True, kw_only=True, gc=False):
    """The function of a call in a history."""

    index: int
    name: str
    arguments: Raw


class SentCall(Struct, frozen=True, kw_only=True, gc=False):
    """A tool call in a history."""

    id: str
    function: SentFunction


class SentMessage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message. Images and sounds are base64, which is how msgspec writes bytes."""

    role: str
    content: str
    thinking: str = ""
    images: tuple[bytes, ...] = ()
    tool_calls: tuple[SentCall, ...] = ()
    tool_name: str = ""
    tool_call_id: str = ""


class SentTool(Struct, frozen=True, kw_only=True):
    """A tool."""

    type: Literal["function"] = "function"
    function: Mapping[str, Any]


class SentChat(Struct, frozen=True, kw_only=True):
    """The body of `/api/chat`. `stream` is never left to the server."""

    model: str
    messages: Sequence[SentMessage]
    stream: bool
    tools: Sequence[SentTool] | UnsetType
    format: Raw | UnsetType
    options: Mapping[str, Any] | UnsetType
    think: bool | str | UnsetType
    logprobs: bool | UnsetType
    top_logprobs: int | UnsetType
    keep_alive: Raw | UnsetType
    truncate: Raw | UnsetType
    shift: Raw | UnsetType


class SentGenerate(Struct, frozen=True, kw_only=True):
    """The body of `/api/generate`."""

    model: str
    prompt: str
    suffix: str | UnsetType
    system: str | UnsetType
    template: str | UnsetType
    context: Sequence[int] | UnsetType
    images: Sequence[bytes] | UnsetType
    raw: bool | UnsetType
    stream: bool
    format: Raw | UnsetType
    options: Mapping[str, Any] | UnsetType
    think: bool | str | UnsetType
    logprobs: bool | UnsetType
    top_logprobs: int | UnsetType
    keep_alive: Raw | UnsetType
    truncate: Raw | UnsetType
    shift: Raw | UnsetType


class SentEmbed(Struct, frozen=True, kw_only=True):
    """The body of `/api/embed`."""

    model: str
    input: Sequence[str]
    truncate: bool | UnsetType
    dimensions: int | UnsetType
    options: Mapping[str, Any] | UnsetType
    keep_alive: Raw | UnsetType


class SentLoad(Struct, frozen=True, kw_only=True):
    """A request that only loads or unloads: no prompt, or no input."""

    model: str
    stream: bool = False
    keep_alive: float | UnsetType = UNSET


class SentEmptyEmbed(Struct, frozen=True, kw_only=True):
    """The same for a model that only embeds."""

    model: str
    input: Sequence[str] = ()
    keep_alive: float | UnsetType = UNSET


class ReadFunction(Struct, gc=False):
    """The function of a call. Its `index` is not read: some servers number every call 0."""

    name: str | None = None
    arguments: Raw = ABSENT


class ReadCall(Struct, gc=False):
    """A tool call, always a whole one."""

    id: str | None = None
    function: ReadFunction | None = None


class ReadMessage(Struct, gc=False):
    """The message of a line of `/api/chat`."""

    content: str | None = None
    thinking: str | None = None
    tool_calls: list[ReadCall] | None = None


class ReadLogprob(Struct, gc=False):
    """A token and its alternatives."""

    token: str
    logprob: float
    bytes: tuple[int, ...] | None = None
    top_logprobs: list[ReadLogprob] | None = None


class Line(Struct, gc=False):
    """A line of a stream, or a whole answer, of `/api/chat` or `/api/generate`.

    The first has a `message`, the other has what belongs in it at the top.
    """

    model: str | None = None
    message: ReadMessage | None = None
    response: str | None = None
    thinking: str | None = None
    tool_calls: list[ReadCall] | None = None
    done: bool | None = None
    done_reason: str | None = None
    logprobs: list[ReadLogprob] | None = None
    load_duration: float | None = None
    prompt_eval_count: float | None = None
    prompt_eval_duration: float | None = None
    eval_count: float | None = None
    eval_duration: float | None = None
    error: Raw = ABSENT


class Embedded(Struct, gc=False):
    """The answer of `/api/embed`. Each vector stays as it was spelled too."""

    model: str | None = None
    embeddings: list[Raw] | None = None
    load_duration: float | None = None
    total_duration: float | None = None
    prompt_eval_count: float | None = None
    error: Raw = ABSENT
