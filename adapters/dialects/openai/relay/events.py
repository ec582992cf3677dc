"""A streamed answer of an OpenAI-speaking server, on its way to an OpenAI client.

Chats and completions alike. What is put right is the model's name, and the counts of tokens are
kept from a client that did not ask for them (docs/wire/dialects.md 1.4, 1.5 and 9.2).
"""

from __future__ import annotations

from adapters.dialects.framing import is_one_event
from adapters.dialects.model_member import ModelMember
from adapters.dialects.openai.outbound.answer import raise_bare
from adapters.dialects.openai.outbound.answer_parts import is_there
from adapters.dialects.openai.relay.looking import ANSWER, raise_error
from adapters.dialects.openai.relay.tap import outcome_of
from adapters.dialects.relayed_events import DATA, END, RelayedEvents
from adapters.dialects.relaying import cut_off
from ports.errors import BackendError, BackendProtocolError
from ports.observer import Outcome

_DONE = b"[DONE]"


class RelayedChatEvents(RelayedEvents):
    """One answer, with the model named as the client did.

    `counts` says that the client asked for the tokens; `alone` that there is one choice, so
    that its end is the end of the answer where no `[DONE]` comes. Clients get one all the same.
    """

    __slots__ = ("_alone", "_asked", "_counted", "_counts", "_ended", "_last", "_model")

    _mark = DATA + _DONE + END

    def __init__(self, *, asked: str, counts: bool, alone: bool = True) -> None:
        super().__init__()
        self._asked = asked
        self._model = ModelMember(asked)
        self._counts = counts
        self._alone = alone
        self._ended = False
        """Whether the last choice that was told of has ended."""
        self._last = b""
        """The last event with a choice that was looked at, and the one with the tokens."""
        self._counted = b""

    def feed(self, data: bytes) -> bytes:
        """Take one network read, return the events that it completes, perhaps none."""
        # By far the most common read is one event that is a piece of the answer.
        if self.started and self._cutter.idle and is_one_event(data) and not self.done:
            payload = data[len(DATA) : -len(END)]
            try:
                event = ANSWER.decode(payload)
            except (ValueError, RecursionError):
                return super().feed(data)
            if event.is_piece and data.isascii():
                self.pieces += 1
                self._ended = False
                model = event.model
                if model == self._asked or model is None:
                    return data
                return DATA + self._model.put_into(payload) + END
        return super().feed(data)

    def outcome(self) -> Outcome:
        """Tell what was read of the answer."""
        return outcome_of(self._last, self._counted, pieces=self.pieces, error=self.error)

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
        if event.choices:
            self._last = payload
            self._say(all(choice.finish_reason for choice in event.choices))
        elif event.usage is None:
            raise_bare(payload)
        elif not self._counts:
            return b""
        if event.model == self._asked or event.model is None:
            return payload
        return self._model.put_into(payload)

    def _odd(self, payload: bytes) -> bytes:
        """Pass what is almost JSON, or has members of other kinds, unless it tells of an error."""
        answer = raise_error(payload)
        if answer.choices:
            self._say(all(choice.finish_reason for choice in answer.choices))
        elif is_there(answer.usage) and not self._counts:
            return b""
        return payload

    def _say(self, ended: bool) -> None:  # noqa: FBT001 - private, and named where it is called
        self.started = True
        self._ended = ended

    def _marked(self, payload: bytes) -> bytes:
        if not self.started:
            raise _empty()
        self.done = True
        return payload

    def _missing(self) -> BackendError | None:
        if not self.started:
            return _empty()
        return None if self._ended and self._alone else cut_off()


def _empty() -> BackendError:
    # LM Studio does so when the prompt is longer than the context.
    return BackendProtocolError("the upstream sent an empty answer")
