"""An upstream's stream as neutral chunks (docs/wire/dialects.md 1.4 to 1.8 and 5.2).

One object per answer: network reads go in, chunks come out. Text and thinking pass at once,
what one read brought of either joined to one chunk; tool calls wait until they are whole, and
the end waits for the usage that comes behind the finish reason.
"""

from __future__ import annotations

from adapters.dialects.history.call_ids import answer_id_of
from adapters.dialects.openai.errors import is_token_limit
from adapters.dialects.openai.outbound.answer import (
    inband_error,
    model_of,
    raise_bare,
    read_mended,
)
from adapters.dialects.openai.outbound.answer_parts import (
    Tally,
    finish_reason,
    first_choice,
    is_cut,
    is_there,
    logprobs_of,
    said,
    signatures_of,
    stop_sequence,
    text_of,
    thinking_of,
)
from adapters.dialects.openai.outbound.asked import NOTHING, Asked
from adapters.dialects.openai.outbound.mending import Mender
from adapters.dialects.openai.outbound.plain_text import has_no_thinking, plain_text
from adapters.dialects.openai.outbound.reasoning_details import DetailPieces
from adapters.dialects.openai.outbound.replay import replay_of
from adapters.dialects.openai.outbound.schema import ABSENT, ANSWER, Answer, Choice, ReadMessage
from adapters.dialects.openai.outbound.stop_strings import StopStrings
from adapters.dialects.openai.outbound.tool_fragments import ToolFragments
from adapters.dialects.upstreams.batches import Batch
from adapters.dialects.upstreams.think_tags import Splitter
from adapters.dialects.wire.alike import Alike
from adapters.dialects.wire.framing import EventReader
from ports.chat import (
    ChatChunk,
    FinishChunk,
    TextChunk,
    TokenLogprob,
    ToolCall,
    ToolCallChunk,
)
from ports.errors import BackendError, BackendProtocolError

_DONE = b"[DONE]"

_END = b"\n\n"
_FIRST_ONES = 4
"""How many events of a read are looked at for one that others may be like."""


class ChatEvents:
    """Reads one streamed answer, to a chat or, `verbatim`, to a prompt.

    The text of a completion is passed on as it is: tags of thinking in it are text. Where a stop
    string ended the text on our side `stopped` is true, and what the server goes on to say is of
    no use. What must go back with tool calls is kept before the `FinishChunk` is handed out.

    `done` is true once `[DONE]` was read and the `FinishChunk` handed out: nothing of
    interest follows. `error` is an error that came behind chunks in the same read: `feed` has
    returned those chunks, and the next call of `feed` or `finish` raises it, so a caller who
    would have to wait for that may look here first.
    """

    __slots__ = (
        "_alike", "_asked", "_batch", "_calls", "_details", "_finish", "_id", "_mender",
        "_model", "_plain", "_reader", "_signature", "_splitter", "_spoke", "_started",
        "_stop_sequence", "_stops", "_tally", "done", "error", "stopped",
    )  # fmt: skip

    def __init__(self, asked: Asked = NOTHING, *, verbatim: bool = False) -> None:
        self.done = False
        self.error: BackendError | None = None
        self.stopped = False
        self._asked = asked
        self._stops = StopStrings(asked.watched) if asked.watched else None
        self._details = None if asked.keep is None else DetailPieces()
        self._spoke = False
        """Whether a chunk was handed out."""
        self._reader = EventReader()
        self._mender = Mender()
        self._splitter: Splitter | None = None if verbatim else Splitter()
        self._calls = ToolFragments()
        self._tally = Tally()
        self._id = ""
        self._model = ""
        self._started = False
        self._plain = False
        """Whether a piece of text alone may go the short way, since nothing waits for it."""
        self._alike = Alike(b'"content":"')
        self._finish: object = None
        self._stop_sequence = ""
        self._signature = ""
        self._batch = Batch()

    def feed(self, data: bytes) -> list[ChatChunk]:
        """Take one network read, return the chunks in it; there may be none.

        Raises the `BackendError` that an event tells of, but never before the chunks that
        came before it were handed out (see `error`).
        """
        if not self._alike.ready:
            data = self._first_ones(data)
        elif self._plain and self._reader.idle:
            # Nearly always there are pieces of text and nothing else: the short way.
            text, rest = self._alike.said(data)
            if text and not rest:
                return [TextChunk(text=text)]
            self._batch.say(text)
            data = rest
        payloads = self._reader.feed(data)
        if self._plain and len(payloads) == 1 and not self._batch:
            text = plain_text(payloads[0])
            if text:
                self._learn(payloads[0])
                return [TextChunk(text=text)]
        return self._collect(payloads, last=False)

    def _first_ones(self, data: bytes) -> bytes:
        """Read some events one by one, until there is one that others may be like.

        Of what then follows in the same read, only the rest is returned.
        """
        for _ in range(_FIRST_ONES):
            end = data.find(_END) + len(_END)
            if end < len(_END) or self.error is not None or self.done:
                return data
            payloads = self._reader.feed(data[:end])
            self._read(payloads, last=False)
            data = data[end:]
            if self._plain and len(payloads) == 1 and plain_text(payloads[0]):
                self._learn(payloads[0])
                text, data = self._alike.said(data)
                self._batch.say(text)
                return data
        return data

    def _learn(self, payload: bytes) -> None:
        event = b"data: %b\n\n" % payload
        self._alike.learn(event, event)

    def finish(self) -> list[ChatChunk]:
        """Say that the body has ended, return what was still to come.

        Raises `BackendProtocolError` if there was no reason to end: the answer was cut off.
        """
        return self._collect(self._reader.finish(), last=True)

    def _collect(self, payloads: list[bytes], *, last: bool) -> list[ChatChunk]:
        self._read(payloads, last=last)
        batch = self._batch.take()
        self._spoke = self._spoke or bool(batch)
        return batch

    def _read(self, payloads: list[bytes], *, last: bool) -> None:
        if self.error is not None:
            if self._batch:
                return
            raise self.error
        try:
            for payload in payloads:
                if self.done:
                    break
                self._event(payload)
                if self._stops is not None and self._stops.found and not self.done:
                    self._end()
            if last and not self.done:
                self._end()
        except BackendError as error:
            self._release()
            if not self._batch:
                raise
            self.error = error
        self._plain = (
            self._splitter is None
            and self.error is None
            and not self.done
            and not self._mender.waiting
            and self._stops is None
        )

    def _event(self, payload: bytes) -> None:
        try:
            event = ANSWER.decode(payload)
        except (ValueError, RecursionError):
            if payload.startswith(_DONE):
                self._end(marked=True)
                return
            event = read_mended(payload, self._mender.mend)
        else:
            if self._mender.waiting:
                event = read_mended(payload, self._mender.mend)
        self._take(event, payload)

    def _take(self, event: Answer, payload: bytes) -> None:
        if event.error is not ABSENT:
            self._fault(event)
        choices = event.choices
        if choices:
            choice = choices[0] if not choices[0].index else first_choice(choices)
            if choice is not None:
                self._choice(event, choice)
                if not self._id and self._calls:
                    self._id = answer_id_of(payload)
        elif not is_there(event.usage):
            raise_bare(payload)
        # The last figures win, wherever they stand.
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
                and has_no_thinking(delta)
            ):
                self._say(content or delta.refusal or "")
            else:
                self._message(delta, logprobs_of(choice.logprobs))
            if delta.tool_calls:
                self._calls.add(delta.tool_calls)
            if delta.function_call:
                self._calls.add_older(delta.function_call)
        else:
            self._spoken(said(choice), logprobs_of(choice.logprobs))
        if choice.finish_reason:
            if choice.finish_reason == "error":
                self._fault(event)
            else:
                self._finish = choice.finish_reason
                self._stop_sequence = stop_sequence(choice, self._asked.stop)

    def _fault(self, event: Answer) -> None:
        error = inband_error(event)
        if error is None:
            return
        if not (self._started and is_token_limit(error)):
            raise error
        self._finish = "length"

    def _message(self, delta: ReadMessage, logprobs: tuple[TokenLogprob, ...]) -> None:
        if self._details is not None and delta.reasoning_details is not ABSENT:
            self._details.add(delta.reasoning_details)
        thinking = thinking_of(delta)
        if thinking:
            # Whoever has a field for its thinking does not put tags into its text.
            self._stop_splitting()
            self._think(thinking)
        if delta.reasoning_details is not ABSENT:
            self._sign(delta)
        self._spoken(text_of(delta), logprobs)

    def _spoken(self, text: str, logprobs: tuple[TokenLogprob, ...]) -> None:
        splitter = self._splitter
        if splitter is not None and text:
            thinking, text = splitter.feed(text)
            self._think(thinking)
            if splitter.settled:
                self._splitter = None
        if logprobs:
            if self._stops is not None:
                text = self._stops.feed(text)
            self._batch.add(TextChunk(text=text, logprobs=logprobs))
        else:
            self._say(text)

    def _stop_splitting(self) -> None:
        if self._splitter is not None:
            thinking, text = self._splitter.finish()
            self._splitter = None
            self._think(thinking)
            self._say(text)

    def _say(self, text: str) -> None:
        if self._stops is not None:
            text = self._stops.feed(text)
        self._batch.say(text)

    def _release(self) -> None:
        if self._stops is not None:
            self._batch.say(self._stops.finish())

    def _think(self, thinking: str) -> None:
        if self._asked.think is not False:
            self._batch.think(thinking)

    def _sign(self, delta: ReadMessage) -> None:
        for signature in signatures_of(delta):
            # It is said once, or again with every piece.
            if signature != self._signature and self._asked.think is not False:
                self._batch.sign(signature)
            self._signature = signature

    def _end(self, *, marked: bool = False) -> None:
        """Hand out what waited for the end, which `[DONE]` may have `marked`."""
        if not self._started:
            # LM Studio does so when the prompt is longer than the context.
            raise BackendProtocolError("the upstream sent an empty answer")
        if not self._is_complete(marked=marked):
            raise BackendProtocolError("the answer ended before it was complete")
        for event in self._mender.finish():
            self._event(event)
        self._stop_splitting()
        self._release()
        stopped_by = self._stops.found if self._stops is not None else ""
        self.stopped = bool(stopped_by)
        calls = () if self.stopped else self._calls.finish(self._id, cut=is_cut(self._finish))
        if self._asked.one_call:
            calls = calls[:1]
        for call in calls:
            self._batch.add(ToolCallChunk(call=call))
        self._keep(calls)
        usage, timing = self._tally.read()
        reason = finish_reason("stop" if self.stopped else self._finish, calls=bool(calls))
        self._batch.add(
            FinishChunk(
                reason=reason,
                usage=usage,
                timing=timing,
                model=self._model,
                stop_sequence=stopped_by or self._stop_sequence,
            )
        )
        self.done = True

    def _is_complete(self, *, marked: bool) -> bool:
        """Tell whether this is an end: for a reason, at a stop string, or by a mark alone."""
        if self._finish is not None or (self._stops is not None and self._stops.found):
            return True
        return marked and self._asked.mark_suffices and self._has_spoken()

    def _keep(self, calls: tuple[ToolCall, ...]) -> None:
        if calls and self._details is not None and self._asked.keep is not None:
            replay = replay_of(calls, self._details.join(), self._calls)
            if replay is not None:
                self._asked.keep(replay)

    def _has_spoken(self) -> bool:
        waiting = self._splitter is not None and self._splitter.waiting
        return bool(self._spoke or self._batch or self._calls or waiting)
