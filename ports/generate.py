"""The neutral form of completing a prompt. The answer is the one of a chat."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET, Raw, Struct, UnsetType

from ports.chat import NO_EXTENSIONS, Audio, Effort, Image, JsonFormat, Options


class GenerateRequest(Struct, frozen=True, kw_only=True):
    """A prompt to complete.

    `model` is what the client sent until routing replaces it by the backend's own id. An
    empty text is as good as none, as in Ollama (docs/wire/ollama-api.md 2.2).
    """

    model: str
    prompt: str = ""
    suffix: str = ""
    """What comes behind the gap that is to be filled; needs the capability `insert`."""
    system: str = ""
    template: str = ""
    """A prompt template in Go's syntax, in place of the model's own."""
    context: tuple[int, ...] = ()
    """Tokens of an earlier answer, which only the model that made them understands."""
    images: tuple[Image | Audio, ...] = ()
    raw: bool = False
    """The prompt goes to the model as it is, without any template."""
    continues: bool = False
    """The prompt is a text to go on with and no question, as in OpenAI's completions. It goes as
    it is to an upstream that completes text, into the model's template at one that renders
    prompts, and where neither can be it is asked as a chat of one turn."""
    format: JsonFormat | None = None
    options: Options = Options()
    think: bool | Effort | UnsetType = UNSET
    logprobs: bool = False
    top_logprobs: int = 0
    extensions: Mapping[str, Raw] = NO_EXTENSIONS
    """As in `ChatRequest`."""
    dropped: tuple[str, ...] = ()
    """As in `ChatRequest`."""
