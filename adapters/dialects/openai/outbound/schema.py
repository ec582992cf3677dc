"""The wire form of `POST /chat/completions` and `/completions`, as far as we write or read it.

The answers of both are read as the same types: they differ in a few members only.

What is read is typed as loosely as servers are: one odd field must not cost the answer. Parts
that come once per answer stay raw until they are wanted, so that a delta costs little.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.json import Decoder

ABSENT = Raw()


class SentImageUrl(Struct, gc=False):
    """`url` is a data URL, or the address that the client named."""

    url: str
    detail: str | UnsetType = UNSET


class ImagePart(Struct, tag="image_url", tag_field="type", gc=False):
    """An image in a message."""

    image_url: SentImageUrl


class InputAudio(Struct, gc=False):
    """`data` is base64."""

    data: str
    format: str


class AudioPart(Struct, tag="input_audio", tag_field="type", gc=False):
    """A sound in a message."""

    input_audio: InputAudio


class InputFile(Struct, gc=False):
    """`file_data` is a data URL."""

    file_data: str
    filename: str


class FilePart(Struct, tag="file", tag_field="type", gc=False):
    """A file in a message."""

    file: InputFile


class TextPart(Struct, tag="text", tag_field="type", gc=False):
    """Text in a message that also has images or sounds."""

    text: str


ContentPart = TextPart | ImagePart | AudioPart | FilePart | Raw


class CalledFunction(Struct, gc=False):
    """`arguments` is the JSON text of an object."""

    name: str
    arguments: str


class SentCall(Struct, gc=False):
    """A tool call of an earlier assistant message."""

    id: str
    function: CalledFunction
    type: str = "function"
    extra_content: Raw | UnsetType = UNSET


class SentMessage(Struct, omit_defaults=True, gc=False):
    """One message of a request. `content` is always there, if only as null."""

    role: str
    content: str | list[ContentPart] | None
    reasoning: str | UnsetType = UNSET
    reasoning_content: str | UnsetType = UNSET
    reasoning_details: Raw | UnsetType = UNSET
    tool_calls: list[SentCall] | UnsetType = UNSET
    tool_call_id: str | UnsetType = UNSET
    name: str | UnsetType = UNSET


class SentFunction(Struct, omit_defaults=True, gc=False):
    """The function of a tool."""

    name: str
    parameters: Raw
    description: str = ""
    strict: bool | UnsetType = UNSET


class SentTool(Struct, gc=False):
    """A tool the model may call."""

    function: SentFunction
    type: str = "function"


class ChosenFunction(Struct, gc=False):
    """The function that must be called."""

    name: str


class SentChoice(Struct, gc=False):
    """A tool that must be called."""

    function: ChosenFunction
    type: str = "function"


class JsonSchema(Struct, gc=False):
    """A named schema. `strict` is only sent to whom asked: schemas rarely satisfy its rules."""

    schema: Raw
    name: str = "schema"
    description: str | UnsetType = UNSET
    strict: bool | UnsetType = UNSET


class ResponseFormat(Struct, gc=False):
    """Structured output."""

    type: Literal["json_object", "json_schema"]
    json_schema: JsonSchema | UnsetType = UNSET


class StreamOptions(Struct, gc=False):
    """Sent with `stream: true` only; elsewhere it is an error."""

    include_usage: bool = True


class ChatBody(Struct, gc=False):
    """The fields that every server knows, in OpenAI's spelling."""

    model: str
    messages: list[SentMessage]
    stream: bool
    stream_options: StreamOptions | UnsetType = UNSET
    tools: list[SentTool] | UnsetType = UNSET
    tool_choice: str | SentChoice | UnsetType = UNSET
    parallel_tool_calls: bool | UnsetType = UNSET
    response_format: ResponseFormat | UnsetType = UNSET
    temperature: float | UnsetType = UNSET
    top_p: float | UnsetType = UNSET
    presence_penalty: float | UnsetType = UNSET
    frequency_penalty: float | UnsetType = UNSET
    max_tokens: int | UnsetType = UNSET
    max_completion_tokens: int | UnsetType = UNSET
    stop: tuple[str, ...] | UnsetType = UNSET
    logprobs: bool | UnsetType = UNSET
    top_logprobs: int | UnsetType = UNSET


class CompletionBody(Struct, gc=False):
    """The fields of `POST /completions` that every server knows.

    `logprobs` is the number of alternatives; none are wanted with 0, only the tokens.
    """

    model: str
    prompt: str
    stream: bool
    suffix: str | UnsetType = UNSET
    stream_options: StreamOptions | UnsetType = UNSET
    temperature: float | UnsetType = UNSET
    top_p: float | UnsetType = UNSET
    presence_penalty: float | UnsetType = UNSET
    frequency_penalty: float | UnsetType = UNSET
    max_tokens: int | UnsetType = UNSET
    stop: tuple[str, ...] | UnsetType = UNSET
    logprobs: int | UnsetType = UNSET


class ReadPart(Struct, gc=False):
    """A part of content that comes as a list. Mistral puts its thinking there."""

    text: str | None = None
    thinking: list[ReadPart] | str | None = None


class ReasoningDetail(Struct, gc=False):
    """One of OpenRouter's `reasoning_details`; encrypted ones have neither field."""

    text: str | None = None
    summary: str | None = None
    signature: str | None = None


class FunctionFragment(Struct, gc=False):
    """`arguments` is a string, a piece of one, or with loose servers an object."""

    name: str | None = None
    arguments: Raw = ABSENT


class CallFragment(Struct, gc=False):
    """A tool call or a piece of one."""

    index: int | None = None
    id: str | None = None
    function: FunctionFragment | None = None
    extra_content: Raw = ABSENT


class TopLogprob(Struct, gc=False):
    """An alternative to a token."""

    token: str
    logprob: float
    bytes: tuple[int, ...] | None = None


class ReadLogprob(Struct, gc=False):
    """A token of the answer."""

    token: str
    logprob: float
    bytes: tuple[int, ...] | None = None
    top_logprobs: list[TopLogprob] | None = None


class Logprobs(Struct, gc=False):
    """`content` covers the tokens of its chunk; the others are the older form, in columns."""

    content: list[ReadLogprob] | None = None
    tokens: Any = None
    token_logprobs: Any = None
    top_logprobs: Any = None


class ReadMessage(Struct, gc=False):
    """An answer, or the delta of one."""

    content: str | list[ReadPart] | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    reasoning_details: Raw = ABSENT
    refusal: str | None = None
    tool_calls: list[CallFragment] | None = None
    function_call: FunctionFragment | str | None = None
    """The older form of one call; some servers send it beside the newer one."""


class Choice(Struct, gc=False):
    """One alternative; only index 0 is read.

    `message` is whole, `delta` a piece; completions have `text` for both. Which stop string ended
    it vLLM says in `stop_reason` and SGLang in `matched_stop`, where others have numbers.
    """

    index: int | None = 0
    delta: ReadMessage | None = None
    message: ReadMessage | None = None
    text: Any = None
    finish_reason: Any = None
    native_finish_reason: Any = None
    stop_reason: Any = None
    matched_stop: Any = None
    logprobs: Logprobs | None = None
    error: Raw = ABSENT


class Answer(Struct, gc=False):
    """A whole answer, or one event of a stream."""

    id: Any = None
    model: Any = None
    choices: list[Choice] | None = None
    usage: Raw = ABSENT
    error: Raw = ABSENT
    timings: Raw = ABSENT
    x_groq: Raw = ABSENT


ANSWER = Decoder(Answer)
