"""What a streamed answer comes to: its tool calls, why it ended, and what it took."""

from __future__ import annotations

from adapters.dialects.history.call_ids import answer_id_of
from adapters.dialects.openai.outbound.answer import model_of
from adapters.dialects.openai.outbound.answer_parts import (
    Tally,
    finish_reason,
    is_cut,
    stop_sequence,
)
from adapters.dialects.openai.outbound.asked import Asked
from adapters.dialects.openai.outbound.reasoning_details import DetailPieces
from adapters.dialects.openai.outbound.replay import replay_of
from adapters.dialects.openai.outbound.schema import ABSENT, Answer, Choice, ReadMessage
from adapters.dialects.openai.outbound.tool_fragments import ToolFragments
from ports.chat import ChatChunk, FinishChunk, ToolCall, ToolCallChunk


class Outcome:
    """Gathers what must wait for the end of one answer.

    Tool calls wait until they are whole, and the end for the usage that comes behind the finish
    reason. Of the figures the last ones win, wherever they stand.
    """

    __slots__ = (
        *("_asked", "_calls", "_details", "_id", "_model", "_reason", "_stop_sequence"),
        *("_tally", "begun"),
    )

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._calls = ToolFragments()
        self._details = None if asked.keep is None else DetailPieces()
        self._tally = Tally()
        self._id = ""
        self._model = ""
        self._reason: object = None
        self._stop_sequence = ""
        self.begun = False
        """Whether the answer has begun: there was a choice."""

    @property
    def has_reason(self) -> bool:
        """Whether the server has said why the answer ended."""
        return self._reason is not None

    @property
    def has_calls(self) -> bool:
        """Whether there is any call, whole or not."""
        return bool(self._calls)

    def begin(self, event: Answer) -> None:
        """Take the first event with a choice in it."""
        self.begun = True
        self._id = str(event.id or "")
        self._model = model_of(event)

    def take(self, delta: ReadMessage, payload: bytes) -> None:
        """Take the calls of one delta, which came in that event, and what belongs to them.

        Raises `BackendProtocolError` for calls without an end.
        """
        if self._details is not None and delta.reasoning_details is not ABSENT:
            self._details.add(delta.reasoning_details)
        if delta.tool_calls:
            self._calls.add(delta.tool_calls)
        if delta.function_call:
            self._calls.add_older(delta.function_call)
        if not self._id and self._calls:
            self._id = answer_id_of(payload)

    def count(self, event: Answer) -> None:
        """Take the counts of an event, if it has any."""
        if event.usage is not ABSENT or event.timings is not ABSENT or event.x_groq is not ABSENT:
            self._tally.take(event)

    def end(self, choice: Choice) -> None:
        """Take the reason for which a choice has ended."""
        self._reason = choice.finish_reason
        self._stop_sequence = stop_sequence(choice, self._asked.stop)

    def cut(self) -> None:
        """Take it that the token limit has ended the answer."""
        self._reason = "length"

    def chunks(self, stopped_by: str) -> list[ChatChunk]:
        """Return the chunks with which the answer ends, the `FinishChunk` last.

        Of an answer that was `stopped_by` a stop string on our side, its calls came too late.
        What must go back with the calls is kept first. Raises `BackendProtocolError` for a call
        that cannot be made.
        """
        calls = () if stopped_by else self._whole_calls()
        self._keep(calls)
        usage, timing = self._tally.read()
        finish = FinishChunk(
            reason=finish_reason("stop" if stopped_by else self._reason, calls=bool(calls)),
            usage=usage,
            timing=timing,
            model=self._model,
            stop_sequence=stopped_by or self._stop_sequence,
        )
        return [*(ToolCallChunk(call=call) for call in calls), finish]

    def _whole_calls(self) -> tuple[ToolCall, ...]:
        calls = self._calls.finish(self._id, cut=is_cut(self._reason))
        return calls[:1] if self._asked.one_call else calls

    def _keep(self, calls: tuple[ToolCall, ...]) -> None:
        if calls and self._details is not None and self._asked.keep is not None:
            replay = replay_of(calls, self._details.join(), self._calls)
            if replay is not None:
                self._asked.keep(replay)
