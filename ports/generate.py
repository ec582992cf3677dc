"""The neutral form of completing a prompt. The answer is the one of a chat."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET, Raw, Struct, UnsetType

from ports.chat import (
    NO_EXTENSIONS,
    Audio,
    ChatRequest,
    Effort,
    Image,
    JsonFormat,
    Message,
    Options,
)


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

    def in_messages(self, *messages: Message, caller: str = "") -> ChatRequest:
        """Ask a chat of these messages for what this prompt is asked for, and as it is.

        What stands in the messages is the caller's affair. Suffix, template and context have no
        place in a chat.
        """
        return ChatRequest(
            model=self.model,
            messages=messages,
            format=self.format,
            options=self.options,
            think=self.think,
            logprobs=self.logprobs,
            top_logprobs=self.top_logprobs,
            extensions=self.extensions,
            caller=caller,
        )
