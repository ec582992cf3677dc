"""An upstream's stream as neutral chunks (docs/wire/dialects.md 1.4 to 1.8).

One object per answer: network reads go in, chunks come out. Text and thinking pass at once,
what one read brought of either joined to one chunk; tool calls wait until they are whole, and
the end waits for the usage that comes behind the finish reason.
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType
from msgspec.json import Decoder

from adapters.dialects.framing import EventReader
from adapters.dialects.openai.answer_parts import (
    Tally,
    finish_reason,
    first_choice,
    is_cut,
    is_there,
    logprobs_of,
    text_of,
    thinking_of,
)
from adapters.dialects.openai.mending import Mender
from adapters.dialects.openai.outbound_answer import (
    model_of,
    raise_bare,
    raise_inband,
    read_mended,
)
from adapters.dialects.openai.schema import ABSENT, Answer, Choice, ReadMessage
from adapters.dialects.openai.tool_fragments import ToolFragments
from adapters.dialects.think_tags import Splitter
from ports.chat import (
    ChatChunk,
    ChatResponse,
    Effort,
    FinishChunk,
    TextChunk,
    ThinkingChunk,
    TokenLogprob,
    ToolCallChunk,
)
from ports.errors import BackendError, BackendProtocolError

_DONE = b"[DONE]"
_DECODER = Decoder(Answer)


class ChatEvents:
    """Reads one streamed answer.

    `done` is true once `[DONE]` was read and the `FinishChunk` handed out: nothing of
    interest follows. `error` is an error that came behind chunks in the same read: `feed` has
    returned those chunks, and the next call of `feed` or `finish` raises it, so a caller who
    would have to wait for that may look here first.
    """

    __slots__ = (
        "_batch", "_calls", "_finish", "_id", "_keep_thinking", "_mender", "_model", "_plain",
        "_reader", "_splitter", "_started", "_tally", "_text", "_thinking", "done", "error",
    )  # fmt: skip

    def __init__(self, *, think: bool | Effort | UnsetType = UNSET) -> None:
        self.done = False
        self.error: BackendError | None = None
        self._keep_thinking = think is not False
        self._reader = EventReader()
        self._mender = Mender()
        self._splitter: Splitter | None = Splitter()
        self._calls = ToolFragments()
        self._tally = Tally()
        self._id = ""
        self._model = ""
        self._started = False
        self._plain = False
        """Whether a piece of text alone may go the short way, since nothing waits for it."""
        self._finish: object = None
        self._batch: list[ChatChunk] = []
        self._text: list[str] = []
        self._thinking: list[str] = []

    def feed(self, data: bytes) -> list[ChatChunk]:
        """Take one network read, return the chunks in it; there may be none.

        Raises the `BackendError` that an event tells of, but never before the chunks that
        came before it were handed out (see `error`).
        """
        payloads = self._reader.feed(data)
        if self._plain and len(payloads) == 1:
            # One event in one read, nearly always a piece of text: the short way.
            text = _plain_text(payloads[0])
            if text:
                return [TextChunk(text=text)]
        return self._collect(payloads, last=False)

    def finish(self) -> list[ChatChunk]:
        """Say that the body has ended, return what was still to come.

        Raises `BackendProtocolError` if neither a finish reason nor `[DONE]` was there: the
        answer was cut off.
        """
        return self._collect(self._reader.finish(), last=True)

    def _collect(self, payloads: list[bytes], *, last: bool) -> list[ChatChunk]:
        if self.error is not None:
            raise self.error
        try:
            for payload in payloads:
                if self.done:
                    break
                self._event(payload)
            if last and not self.done:
                self._end(marked=False)
        except BackendError as error:
            self._flush()
            if not self._batch:
                raise
            self.error = error
        if self._text or self._thinking:
            self._flush()
        self._plain = (
            self._splitter is None
            and self.error is None
            and not self.done
            and not self._mender.waiting
        )
        batch, self._batch = self._batch, []
        return batch

    def _event(self, payload: bytes) -> None:
        try:
            event = _DECODER.decode(payload)
        except (ValueError, RecursionError):
            if payload.startswith(_DONE):
                self._end(marked=True)
                return
            event = read_mended(payload, self._mender.mend)
        else:
            if self._mender.waiting:
                event = read_mended(payload, self._mender.mend)
        if event.error is not ABSENT:
            raise_inband(event)
        choices = event.choices
        if choices:
            choice = choices[0] if not choices[0].index else first_choice(choices)
            if choice is not None:
                self._choice(event, choice)
        elif not is_there(event.usage):
            raise_bare(payload)
        # The last counts win, wherever they stand.
        if event.usage is not ABSENT or event.timings is not ABSENT or event.x_groq is not ABSENT:
            self._tally.take(event)

    def _choice(self, event: Answer, choice: Choice) -> None:
        if not self._started:
            self._started = True
            self._id = str(event.id or "")
            self._model = model_of(event)
        delta = choice.delta or choice.message
        if delta is not None:
            content = delta.content
            if (
                type(content) is str
                and self._splitter is None
                and choice.logprobs is None
                and _has_no_thinking(delta)
            ):
                self._say(content)
            else:
                self._message(delta, logprobs_of(choice.logprobs))
            if delta.tool_calls:
                self._calls.add(delta.tool_calls)
        if choice.finish_reason:
            if choice.finish_reason == "error":
                raise_inband(event)
            self._finish = choice.finish_reason

    def _message(self, delta: ReadMessage, logprobs: tuple[TokenLogprob, ...]) -> None:
        thinking = thinking_of(delta)
        if thinking:
            # Whoever has a field for its thinking does not put tags into its text.
            self._stop_splitting()
            self._think(thinking)
        text = text_of(delta)
        splitter = self._splitter
        if splitter is not None and text:
            thinking, text = splitter.feed(text)
            self._think(thinking)
            if splitter.settled:
                self._splitter = None
        if logprobs:
            self._flush()
            self._batch.append(TextChunk(text=text, logprobs=logprobs))
        else:
            self._say(text)

    def _stop_splitting(self) -> None:
        if self._splitter is not None:
            thinking, text = self._splitter.finish()
            self._splitter = None
            self._think(thinking)
            self._say(text)

    def _say(self, text: str) -> None:
        if text:
            if self._thinking:
                self._flush()
            self._text.append(text)

    def _think(self, thinking: str) -> None:
        if thinking and self._keep_thinking:
            if self._text:
                self._flush()
            self._thinking.append(thinking)

    def _flush(self) -> None:
        # At most one of the two holds something: whoever adds to one empties the other.
        if self._thinking:
            self._batch.append(ThinkingChunk(text="".join(self._thinking)))
            self._thinking.clear()
        if self._text:
            self._batch.append(TextChunk(text="".join(self._text)))
            self._text.clear()

    def _end(self, *, marked: bool) -> None:
        """Hand out what waited for the end; `marked` by `[DONE]`."""
        if not self._started or (self._finish is None and not marked):
            raise BackendProtocolError("the answer ended before it was complete")
        for event in self._mender.finish():
            self._event(event)
        self._stop_splitting()
        self._flush()
        calls = self._calls.finish(self._id, cut=is_cut(self._finish))
        self._batch.extend(ToolCallChunk(call=call) for call in calls)
        usage, timing = self._tally.read()
        reason = finish_reason(self._finish, calls=bool(calls))
        self._batch.append(
            FinishChunk(reason=reason, usage=usage, timing=timing, model=self._model)
        )
        self.done = True


def _plain_text(payload: bytes) -> str:
    """Return the text of an event that tells of nothing else, as nearly all do; else nothing."""
    try:
        event = _DECODER.decode(payload)
    except (ValueError, RecursionError):
        return ""
    if not event.choices or event.error is not ABSENT or event.usage is not ABSENT:
        return ""
    choice = event.choices[0]
    delta = choice.delta
    if (
        delta is None
        or choice.index
        or choice.finish_reason
        or choice.logprobs is not None
        or delta.tool_calls is not None
        or event.timings is not ABSENT
        or event.x_groq is not ABSENT
    ):
        return ""
    content = delta.content
    return content if type(content) is str and _has_no_thinking(delta) else ""


def _has_no_thinking(delta: ReadMessage) -> bool:
    return (
        delta.reasoning is None
        and delta.reasoning_content is None
        and delta.reasoning_details is None
    )


def unfold(answer: ChatResponse) -> list[ChatChunk]:
    """Return a whole answer as the chunks of a stream, for servers that do not stream."""
    chunks: list[ChatChunk] = []
    if answer.thinking:
        chunks.append(ThinkingChunk(text=answer.thinking))
    if answer.text or answer.logprobs:
        chunks.append(TextChunk(text=answer.text, logprobs=answer.logprobs))
    chunks.extend(ToolCallChunk(call=call) for call in answer.tool_calls)
    chunks.append(
        FinishChunk(
            reason=answer.reason, usage=answer.usage, timing=answer.timing, model=answer.model
        )
    )
    return chunks
