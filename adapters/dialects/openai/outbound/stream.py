"""An upstream's stream as neutral chunks (docs/wire/dialects.md 1.4 to 1.8 and 5.2).

One object per answer: network reads go in, chunks come out. Text and thinking pass at once,
what one read brought of either joined to one chunk; all else waits for the end.
"""

from __future__ import annotations

from adapters.dialects.openai.errors import is_token_limit
from adapters.dialects.openai.outbound.answer import (
    inband_error,
    raise_bare,
    read_mended,
)
from adapters.dialects.openai.outbound.answer_parts import (
    completion_text,
    first_choice,
    is_there,
    logprobs_of,
)
from adapters.dialects.openai.outbound.asked import NOTHING, Asked
from adapters.dialects.openai.outbound.mending import Mender
from adapters.dialects.openai.outbound.outcome import Outcome
from adapters.dialects.openai.outbound.plain_text import plain_text
from adapters.dialects.openai.outbound.schema import ABSENT, ANSWER, Answer, Choice
from adapters.dialects.openai.outbound.words import Words
from adapters.dialects.upstreams.batches import Batch
from adapters.dialects.wire.alike import Alike
from adapters.dialects.wire.framing import EventReader
from ports.chat import ChatChunk, TextChunk
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

    Nearly every event is a piece of text and nothing else, and there is a short way for those.
    It is open (`_open`) while all that such a piece could do is to go into the batch as it is:
    words came before it, so the answer has begun; no tag, stop string or half a character
    holds text back; there was no end and no error. Only an event that is more than a piece of
    text can change that, so the question is asked behind each of those, in `_event`.

    Between two calls the batch is empty: what a read has brought is handed out with it.
    """

    __slots__ = (
        *("_alike", "_asked", "_batch", "_mender", "_open", "_outcome", "_reader", "_spoke"),
        *("_words", "done", "error", "stopped"),
    )

    def __init__(self, asked: Asked = NOTHING, *, verbatim: bool = False) -> None:
        self.done = False
        self.error: BackendError | None = None
        self.stopped = False
        self._asked = asked
        self._reader = EventReader()
        self._mender = Mender()
        self._batch = Batch()
        self._words = Words(self._batch, asked, verbatim=verbatim)
        self._outcome = Outcome(asked)
        self._spoke = False
        """Whether there was a chunk."""
        self._open = False
        self._alike = Alike(b'"content":"')

    def feed(self, data: bytes) -> list[ChatChunk]:
        """Take one network read, return the chunks in it; there may be none.

        Raises the `BackendError` that an event tells of, but never before the chunks that
        came before it were handed out (see `error`).
        """
        if not self._alike.ready:
            data = self._first_ones(data)
        elif self._open and self._reader.idle:
            # Nearly always there are pieces of text and nothing else, known at sight.
            text, data = self._alike.texts(data)
            if text and not data:
                return [TextChunk(text=text)]
            self._batch.say(text)
        self._read(self._reader.feed(data))
        return self._batch.take()

    def finish(self) -> list[ChatChunk]:
        """Say that the body has ended, return what was still to come.

        Raises `BackendProtocolError` if there was no reason to end: the answer was cut off.
        """
        self._read(self._reader.finish(), last=True)
        return self._batch.take()

    def _first_ones(self, data: bytes) -> bytes:
        """Read some events one by one, until there is one that others may be like.

        Those that are follow it in the same read, perhaps all of them: return what is left.
        """
        for _ in range(_FIRST_ONES):
            end = data.find(_END) + len(_END)
            if end < len(_END) or self.error is not None or self.done:
                break
            learned = self._read(self._reader.feed(data[:end]))
            data = data[end:]
            if learned:
                text, data = self._alike.texts(data)
                self._batch.say(text)
                break
        return data

    def _read(self, payloads: list[bytes], *, last: bool = False) -> bool:
        """Put into the batch what events bring. Return whether others may be like the only one."""
        if self.error is not None:
            if self._batch:
                return False
            raise self.error
        text = ""
        try:
            for payload in payloads:
                if self.done:
                    break
                text = self._event(payload)
            if self._reader.error is not None and not self.done:
                raise self._reader.error
            if last and not self.done:
                self._end()
        except BackendError as error:
            self._open = False
            self._words.release()
            if not self._batch:
                raise
            self.error = error
        if not text or not self._open or len(payloads) > 1:
            return False
        # Now and then something else stands around the text: then that is what others are like.
        event = b"data: %b\n\n" % payloads[0]
        self._alike.learn(event, event)
        return True

    def _event(self, payload: bytes) -> str:
        """Read one event. Return its text if it tells of nothing else."""
        text = ""
        try:
            event = ANSWER.decode(payload)
        except (ValueError, RecursionError):
            if payload.startswith(_DONE):
                self._end(marked=True)
                return ""
            event = read_mended(payload, self._mender.mend)
        else:
            if self._mender.waiting:
                event = read_mended(payload, self._mender.mend)
            else:
                text = plain_text(event)
        if text and self._open:
            self._batch.say(text)
            return text
        self._take(event, payload)
        if self._words.stopped_by:
            self._end()
        self._spoke = self._spoke or bool(self._batch)
        self._open = (
            self._spoke and self._words.pass_at_once and not self._mender.waiting and not self.done
        )
        return text

    def _take(self, event: Answer, payload: bytes) -> None:
        if event.error is not ABSENT:
            self._fault(event)
        choices = event.choices
        if choices:
            choice = choices[0] if not choices[0].index else first_choice(choices)
            if choice is not None:
                self._choice(event, choice, payload)
        elif not is_there(event.usage):
            raise_bare(payload)
        self._outcome.count(event)

    def _choice(self, event: Answer, choice: Choice, payload: bytes) -> None:
        if not self._outcome.begun:
            self._outcome.begin(event)
        delta = choice.delta or choice.message
        if delta is None:
            self._words.take_text(completion_text(choice), logprobs_of(choice.logprobs))
        else:
            self._words.take(delta, logprobs_of(choice.logprobs))
            self._outcome.take(delta, payload)
        if choice.finish_reason == "error":
            self._fault(event)
        elif choice.finish_reason:
            self._outcome.end(choice)

    def _fault(self, event: Answer) -> None:
        error = inband_error(event)
        if error is None:
            return
        if not (self._outcome.begun and is_token_limit(error)):
            raise error
        self._outcome.cut()

    def _end(self, *, marked: bool = False) -> None:
        """Hand out what waited for the end, which `[DONE]` may have `marked`."""
        if not self._outcome.begun:
            # LM Studio does so when the prompt is longer than the context.
            raise BackendProtocolError("the upstream sent an empty answer")
        if not self._is_complete(marked=marked):
            raise BackendProtocolError("the answer ended before it was complete")
        for event in self._mender.finish():
            self._take(ANSWER.decode(event), event)
        self._words.finish()
        stopped_by = self._words.stopped_by
        for chunk in self._outcome.chunks(stopped_by):
            self._batch.add(chunk)
        self.stopped = bool(stopped_by)
        self.done = True
        self._open = False

    def _is_complete(self, *, marked: bool) -> bool:
        """Tell whether this is an end: for a reason, at a stop string, or by a mark alone."""
        if self._outcome.has_reason or self._words.stopped_by:
            return True
        told_anything = self._spoke or self._words.waiting or self._outcome.has_calls
        return marked and self._asked.mark_suffices and told_anything
