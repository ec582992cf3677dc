"""The items of `input` as messages (docs/wire/dialects.md 6.2).

An item is less than a message: what the assistant thought, said and called comes one by one,
and makes one message as long as nobody else speaks and no result has come.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Raw, Struct, field
from msgspec.json import Decoder

from adapters.dialects.openai.responses.content import decode_content
from adapters.dialects.openai.responses.namespaces import flat_name
from adapters.dialects.openai.responses.packing import unpack
from adapters.dialects.openai.responses.schema import (
    WireCall,
    WireCallOutput,
    WireKind,
    WireMessage,
    WireReasoning,
    WireThought,
)
from ports.chat import Message, Part, Role, ToolCall
from ports.errors import InvalidRequest

_KIND = Decoder(WireKind)
_MESSAGE = Decoder(WireMessage)
_CALL = Decoder(WireCall)
_OUTPUT = Decoder(WireCallOutput)
_REASONING = Decoder(WireReasoning)

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}


class _Turn(Struct):
    """What the assistant has thought, said and called since somebody else spoke."""

    thinking: list[str] = field(default_factory=list)
    signature: str = ""
    parts: list[Part] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)


class History:
    """Turns items into messages, one by one."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._ignored: dict[str, None] = {}
        self._thoughts: list[tuple[str, str]] = []
        """Thoughts that belong to whatever the assistant says or calls next."""
        self._turn = _Turn()
        self._readers: dict[str, Callable[[Raw], None]] = {
            "message": self._message,
            "function_call": self._call,
            "function_call_output": self._output,
            "reasoning": self._reasoning,
        }

    def add(self, raw: Raw) -> None:
        """Take the next item.

        Raises `InvalidRequest`, or `ValidationError` for a wrong type. An item of an unknown
        type is passed over and remembered: clients put the calls of tools into the history
        that only other servers have.
        """
        kind = _KIND.decode(raw)
        self._read(kind.type or ("message" if kind.role else ""), raw)

    def say(self, role: Role, parts: tuple[Part, ...]) -> None:
        """Take a message that is no item."""
        self._close()
        self._messages.append(Message(role=role, parts=parts))

    def finish(self) -> tuple[Message, ...]:
        """Return the messages."""
        self._close()
        return tuple(self._messages)

    @property
    def ignored(self) -> tuple[str, ...]:
        """The types of items that were passed over, each once."""
        return tuple(self._ignored)

    def _read(self, kind: str, raw: Raw) -> None:
        reader = self._readers.get(kind)
        if reader is not None:
            reader(raw)
        elif kind == "item_reference":
            raise InvalidRequest("no items are kept here, send the item itself")
        elif not kind:
            raise InvalidRequest("input item missing required 'type' field")
        else:
            self._ignored[kind] = None

    def _message(self, raw: Raw) -> None:
        message = _MESSAGE.decode(raw)
        role = _ROLES.get(message.role or "")
        if role is None:
            raise InvalidRequest(f"unknown role: {message.role or ''}", param="role")
        parts = decode_content(message.content, "content")
        if role != "assistant":
            self.say(role, parts)
            return
        # Words beside calls belong to the same message: between a call and its result nothing
        # may stand.
        if self._turn.parts and not self._turn.calls:
            self._end_turn()
        self._think()
        self._turn.parts += parts

    def _call(self, raw: Raw) -> None:
        call = _CALL.decode(raw)
        if not call.name:
            raise InvalidRequest("a call must name its function", param="name")
        self._think()
        self._turn.calls.append(
            ToolCall(
                id=call.call_id or "",
                name=flat_name(call.namespace or "", call.name),
                arguments=call.arguments or "",
            )
        )

    def _output(self, raw: Raw) -> None:
        output = _OUTPUT.decode(raw)
        self._close()
        self._messages.append(
            Message(
                role="tool",
                parts=decode_content(output.output, "output"),
                tool_call_id=output.call_id or "",
                tool_name=flat_name(output.namespace or "", output.name or ""),
            )
        )

    def _reasoning(self, raw: Raw) -> None:
        reasoning = _REASONING.decode(raw)
        packed = unpack(reasoning.encrypted_content or "")
        read = (_joined(reasoning.content) or _joined(reasoning.summary), "")
        self._thoughts.append(packed or read)

    def _think(self) -> None:
        for thinking, signature in self._thoughts:
            self._turn.thinking.append(thinking)
            self._turn.signature = signature or self._turn.signature
        self._thoughts.clear()

    def _close(self) -> None:
        if self._turn.parts or self._turn.calls:
            self._think()  # what came last, such as a signature, is about what went before
            self._end_turn()
        elif self._thoughts:
            # Nothing came of these thoughts, and upstreams take no message without words.
            self._thoughts.clear()
            self._ignored["reasoning"] = None

    def _end_turn(self) -> None:
        turn, self._turn = self._turn, _Turn()
        self._messages.append(
            Message(
                role="assistant",
                parts=tuple(turn.parts),
                thinking="".join(turn.thinking),
                thinking_signature=turn.signature,
                tool_calls=tuple(turn.calls),
            )
        )


def _joined(thoughts: list[WireThought] | None) -> str:
    return "\n\n".join(thought.text for thought in thoughts or () if thought.text)
