"""A streamed answer of an OpenAI-speaking server, on its way to an OpenAI client.

Chats and completions alike. What is put right is the model's name, and the counts of tokens are
kept from a client that did not ask for them (docs/wire/dialects.md 1.4, 1.5 and 9.2).
"""

from __future__ import annotations

from adapters.dialects.openai.outbound.answer import raise_bare
from adapters.dialects.openai.outbound.answer_parts import is_there
from adapters.dialects.openai.relay.looking import ANSWER, raise_error, says
from adapters.dialects.openai.relay.tap import CalledTools, outcome_of
from adapters.dialects.relaying.events import DATA, END, RelayedEvents
from adapters.dialects.relaying.exchange import cut_off
from adapters.dialects.relaying.model_member import ModelMember
from adapters.dialects.wire.alike import Alike
from adapters.dialects.wire.framing import is_one_event
from ports.errors import BackendError, BackendProtocolError
from ports.observer import Outcome
from ports.raw import RawReply

_DONE = b"[DONE]"

CONTENT, TEXT = b'"content":"', b'"text":"'
"""What stands before the text in an event of a chat, and of a completion."""


class RelayedChatEvents(RelayedEvents):
    """One answer, with the model named as the client did.

    `counts` says that the client asked for the tokens; `alone` that there is one choice, so
    that its end is the end of the answer where no `[DONE]` comes; clients get one all the same.
    `text` is what stands before the text in most events.
    """

    __slots__ = (
        *("_alone", "_asked", "_called", "_counted", "_counted_first", "_counts", "_ended"),
        *("_last", "_model", "_pieces", "_reasoned", "mark_suffices"),
    )

    _mark = DATA + _DONE + END

    def __init__(
        self, *, asked: str, counts: bool, alone: bool = True, text: bytes = CONTENT
    ) -> None:
        super().__init__()
        self._asked = asked
        self._model = ModelMember(asked)
        self._pieces = Alike(text)
        self._counts = counts
        self._alone = alone
        self._ended = False
        """Whether the last choice that was told of has ended."""
        self._reasoned = False
        """Whether any choice has."""
        self.mark_suffices = False
        """Whether none need have, where `[DONE]` comes. Known when the answer is here."""
        self._last = b""
        """The last event with a choice that was looked at."""
        self._counted_first = self._counted = b""
        """The first and the last event with tokens: what one of them lacks the other may tell."""
        self._called = CalledTools()

    def meet(self, reply: RawReply) -> None:
        """Take the head of the answer."""
        super().meet(reply)
        self.mark_suffices = reply.mark_suffices

    def feed(self, data: bytes) -> bytes:
        """Take one network read, return the events that it completes, perhaps none."""
        # By far the most common read is one event, or some, each a piece of the answer.
        if self.started and self._cutter.idle and not self.done:
            passed, rest = self._pieces.passed(data)
            if passed:
                self.pieces += 1
                self._ended = False
                return passed + super().feed(rest) if rest else passed
            if is_one_event(data) and (passed := self._passed_piece(data)):
                self._pieces.learn(data, passed)
                return passed
        return super().feed(data)

    def outcome(self) -> Outcome:
        """Tell what was read of the answer."""
        return outcome_of(
            *(self._counted_first, self._last, self._counted),
            tools=self._called.names,
            pieces=self.pieces,
            error=self.error,
        )

    def _run(self, whole: bytes, start: int) -> tuple[bytes, int]:
        if not (self.started and self._pieces.begins(whole, start)):
            return b"", start
        passed, rest = self._pieces.passed(whole[start:])
        if passed:
            self._ended = False
        return passed, len(whole) - len(rest)

    def _passed_piece(self, data: bytes) -> bytes:
        """Return what goes on of one event if it is a piece of the answer, else nothing."""
        payload = data[len(DATA) : -len(END)]
        try:
            event = ANSWER.decode(payload)
        except (ValueError, RecursionError):
            return b""
        if not (event.is_piece and data.isascii()):
            return b""
        self.pieces += 1
        self._ended = False
        self._called.look(payload)
        if event.model == self._asked or event.model is None:
            return data
        return DATA + self._model.put_into(payload) + END

    def _says(self, payload: bytes) -> bool:
        return says(payload)

    def _event(self, payload: bytes) -> bytes:
        try:
            event = ANSWER.decode(payload)
        except (ValueError, RecursionError):
            if payload.startswith(_DONE):
                return self._marked(payload)
            return self._odd(payload)
        if event.says_error:
            raise_error(payload)
        if event.usage is not None:
            self._counted = payload
            self._counted_first = self._counted_first or payload
        if event.choices:
            self._last = payload
            self._called.look(payload)
            self._say(all(choice.finish_reason for choice in event.choices))
        elif event.usage is None:
            raise_bare(payload)
        elif not self._counts:
            return b""
        renames = event.model is not None and event.model != self._asked
        passed = self._model.put_into(payload) if renames else payload
        if event.is_piece:
            self._pieces.learn(DATA + payload + END, DATA + passed + END)
        return passed

    def _odd(self, payload: bytes) -> bytes:
        """Pass what is almost JSON, or has members of other kinds, unless it tells of an error."""
        answer = raise_error(payload)
        if answer.choices:
            self._called.look(payload)
            self._say(all(choice.finish_reason for choice in answer.choices))
        elif is_there(answer.usage) and not self._counts:
            return b""
        return payload

    def _say(self, ended: bool) -> None:  # noqa: FBT001 - private, and named where it is called
        self.started = True
        self._ended = ended
        self._reasoned = self._reasoned or ended

    def _marked(self, payload: bytes) -> bytes:
        if not self.started:
            raise _empty()
        if not (self._reasoned or self.mark_suffices):
            raise cut_off()
        self.done = True
        return payload

    def _missing(self) -> BackendError | None:
        if not self.started:
            return _empty()
        return None if self._ended and self._alone else cut_off()


def _empty() -> BackendError:
    # LM Studio does so when the prompt is longer than the context.
    return BackendProtocolError("the upstream sent an empty answer")
