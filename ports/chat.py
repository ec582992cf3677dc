"""The neutral form of one chat: request, answer, and the pieces a stream is made of.

No wire spelling of any vendor appears here. A field that only one vendor knows travels in
`extensions`, which only codecs read. Absent, null and zero are three things: a field the
client did not send is `UNSET`, and the outbound codec decides what that means upstream.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from enum import StrEnum
from typing import Literal

from msgspec import UNSET, Raw, Struct, UnsetType

Effort = Literal["minimal", "low", "medium", "high", "xhigh", "max"]
"""How hard a model should think. Weakest first."""

Role = Literal["system", "user", "assistant", "tool"]

NO_EXTENSIONS: Mapping[str, Raw] = {}


class FinishReason(StrEnum):
    """Why a model stopped. `TOOL_CALLS` also when the upstream said `stop` but calls came."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CONTENT_FILTER = "content_filter"


class Text(Struct, frozen=True, kw_only=True, tag=True):
    """A run of text in a message."""

    text: str


class Image(Struct, frozen=True, kw_only=True, tag=True):
    """An image by value: the decoded bytes and their sniffed type, such as `image/png`."""

    data: bytes
    media_type: str
    detail: str = ""
    """How closely to look, in OpenAI's words; empty where the client did not say."""


class ImageUrl(Struct, frozen=True, kw_only=True, tag=True):
    """An image by its address, for the upstream to fetch: this server never does."""

    url: str
    detail: str = ""
    """As in `Image`."""


class Audio(Struct, frozen=True, kw_only=True, tag=True):
    """A sound by value: the decoded bytes and their sniffed container, `wav` or `mp3`."""

    data: bytes
    format: Literal["wav", "mp3"]


class Document(Struct, frozen=True, kw_only=True, tag=True):
    """A file by value, such as a PDF: its bytes, type, and name (which may be empty)."""

    data: bytes
    media_type: str
    name: str = ""


class ForeignPart(Struct, frozen=True, kw_only=True, tag=True):
    """A part that only servers of one dialect read, as the client spelled it.

    `kind` is `dialect.type` (`openai.video_url`), `raw` the whole JSON object.
    """

    kind: str
    raw: Raw


Part = Text | Image | ImageUrl | Audio | Document | ForeignPart


class ToolCall(Struct, frozen=True, kw_only=True, gc=False):
    """One call of a tool, in a history or in an answer.

    `arguments` is the JSON text of an object, as it was spelled: key order and the spelling
    of numbers survive. `id` is empty only in a request whose client sent none.
    """

    name: str
    arguments: str
    id: str = ""


class Message(Struct, frozen=True, kw_only=True):
    """One turn. `tool_call_id` and `tool_name` belong to the role `tool`, each may be empty."""

    role: Role
    parts: tuple[Part, ...] = ()
    thinking: str = ""
    thinking_signature: str = ""
    """What the model that thought so wants to see again beside its words; opaque."""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    tool_name: str = ""
    author: str = ""
    """Who speaks, where several share a role; nearly always empty."""
    extensions: Mapping[str, Raw] = NO_EXTENSIONS
    """As in `ChatRequest` (`openai.reasoning_details`)."""


class Tool(Struct, frozen=True, kw_only=True):
    """A function the model may call. `parameters` is the client's JSON schema, verbatim."""

    name: str
    description: str = ""
    parameters: Raw | None = None
    strict: bool | UnsetType = UNSET
    """Whether the arguments must match the schema, or the client did not say."""


class NamedTool(Struct, frozen=True, kw_only=True):
    """The one tool that must be called."""

    name: str


ToolChoice = Literal["none", "auto", "required"] | NamedTool
"""Whether tools may, must or must not be called."""


class JsonFormat(Struct, frozen=True, kw_only=True):
    """Structured output: any JSON object, or an instance of `schema` (verbatim JSON) if given.

    `name` and `description` are the client's own for the schema, each may be empty.
    """

    schema: Raw | None = None
    name: str = ""
    description: str = ""
    strict: bool | UnsetType = UNSET


class Options(Struct, frozen=True, kw_only=True):
    """How to sample. What is `UNSET` was not asked for and is not sent upstream."""

    temperature: float | UnsetType = UNSET
    top_p: float | UnsetType = UNSET
    top_k: int | UnsetType = UNSET
    min_p: float | UnsetType = UNSET
    typical_p: float | UnsetType = UNSET
    repeat_penalty: float | UnsetType = UNSET
    repeat_last_n: int | UnsetType = UNSET
    presence_penalty: float | UnsetType = UNSET
    frequency_penalty: float | UnsetType = UNSET
    seed: int | UnsetType = UNSET
    """Below 0: any, whatever an alias or the model itself says."""
    max_tokens: int | UnsetType = UNSET
    """Below 0: as many as there will be, whatever an alias or the model itself says. Never 0."""
    stop: tuple[str, ...] | UnsetType = UNSET
    """Empty: none, in the same way."""
    extensions: Mapping[str, Raw] = NO_EXTENSIONS
    """Options that only one vendor knows (Ollama's `num_ctx`, `mirostat`, …), by their own name."""


class ChatRequest(Struct, frozen=True, kw_only=True):
    """What is asked of a model.

    `model` is what the client sent until routing replaces it by the backend's own id.
    `think` is `UNSET` where the client left the choice to the model.
    """

    model: str
    messages: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | UnsetType = UNSET
    parallel_tool_calls: bool | UnsetType = UNSET
    format: JsonFormat | None = None
    options: Options = Options()
    think: bool | Effort | UnsetType = UNSET
    thinking_budget: int | UnsetType = UNSET
    """Tokens that thinking may take; `think` then is the effort that comes nearest."""
    think_if_able: bool = False
    """Thinking is a wish: a model that is known not to think is asked without it. Else it is a
    demand, and refused."""
    logprobs: bool = False
    top_logprobs: int = 0
    extensions: Mapping[str, Raw] = NO_EXTENSIONS
    """Request fields that only one vendor knows, by `dialect.field` (`ollama.keep_alive`)."""
    caller: str = ""
    """Whose conversation it is: the name of the client key, empty on a server without keys.
    For what a backend remembers between turns; no upstream is told."""
    dropped: tuple[str, ...] = ()
    """What the client sent that has no place in this form, by the client's own names."""


class Usage(Struct, frozen=True, kw_only=True, gc=False):
    """Tokens of one exchange, as the upstream counted them; `None` where it did not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    """Includes the reasoning tokens."""
    cached_tokens: int | None = None
    """Of the prompt's tokens, those that were read from a cache."""
    cache_write_tokens: int | None = None
    """Of the prompt's tokens, those that were written to one."""
    reasoning_tokens: int | None = None
    cost: float | None = None
    """US dollars, only where the upstream itself says so."""


class Timing(Struct, frozen=True, kw_only=True, gc=False):
    """The upstream's own clock, in nanoseconds; `None` where it did not say."""

    load_ns: int | None = None
    prompt_ns: int | None = None
    completion_ns: int | None = None


class TokenLogprob(Struct, frozen=True, kw_only=True, gc=False):
    """A token, its natural-log probability, and the likeliest alternatives if asked for."""

    token: str
    logprob: float
    bytes: tuple[int, ...] | None = None
    top: tuple[TokenLogprob, ...] = ()


class TextChunk(Struct, frozen=True, kw_only=True, gc=False):
    """A piece of the answer, never empty unless it carries `logprobs`."""

    text: str
    logprobs: tuple[TokenLogprob, ...] = ()


class ThinkingChunk(Struct, frozen=True, kw_only=True, gc=False):
    """A piece of the reasoning, never repeated in the answer; never empty but for a signature."""

    text: str
    signature: str = ""
    """Of all the reasoning so far, in the last piece of it, where the upstream signs; opaque."""


class ToolCallChunk(Struct, frozen=True, kw_only=True, gc=False):
    """One whole tool call, with an id, its arguments checked to be a JSON object."""

    call: ToolCall


class FinishChunk(Struct, frozen=True, kw_only=True, gc=False):
    """The end of a good stream: exactly one, and nothing after it."""

    reason: FinishReason
    usage: Usage = Usage()
    timing: Timing = Timing()
    model: str = ""
    """The model that the upstream says has answered; may be empty."""
    stop_sequence: str = ""
    """The stop string that ended the answer, where the upstream says which."""


ChatChunk = TextChunk | ThinkingChunk | ToolCallChunk | FinishChunk

ChatStream = AsyncIterator[Sequence[ChatChunk]]
"""Chunks in the batches in which the network brought them: what one read held is translated
and written together. A batch is never empty. The last chunk of the last batch is the only
`FinishChunk`; a stream that cannot get that far raises a `BackendError` instead of ending."""


class ChatResponse(Struct, frozen=True, kw_only=True):
    """A whole answer: what a stream of chunks folds to."""

    text: str = ""
    thinking: str = ""
    thinking_signature: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()
    reason: FinishReason = FinishReason.STOP
    usage: Usage = Usage()
    timing: Timing = Timing()
    model: str = ""
    stop_sequence: str = ""
