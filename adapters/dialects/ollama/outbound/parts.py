"""The parts of an Ollama server's answer that are read the same way whole and in a stream."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import DecodeError, Raw
from msgspec.json import Decoder

from adapters.dialects.history.call_ids import answer_id_of, made_id
from adapters.dialects.ollama.outbound.errors import decode_member
from adapters.dialects.ollama.outbound.schema import ABSENT, Line, ReadCall, ReadLogprob
from ports.chat import FinishReason, Timing, TokenLogprob, ToolCall, Usage
from ports.errors import BackendProtocolError

_LINE = Decoder(Line)
_LENIENT = Decoder(Line, strict=False)
_OBJECT = Decoder(dict[str, Raw])
_STRING = Decoder(str)
_NOTHING = frozenset({b"", b"null", b'""'})

_MAX_COUNT = 2**53 - 1
"""Above this a number of JSON is not exact, and no count of tokens."""
_MAX_NS = 2**63 - 1


def read_line(line: bytes) -> Line:
    """Decode a line or a whole answer.

    Raises the error that it tells of, or `BackendProtocolError` if it is no answer.
    """
    try:
        read = _LINE.decode(line)
    except (ValueError, RecursionError):
        read = _read_leniently(line)
    if read.error is not ABSENT:
        raise_error(read.error)
    return read


def raise_error(member: Raw) -> None:
    """Raise the error of an answer with status 200, if there is one: null and `""` are none."""
    if bytes(member) not in _NOTHING:
        raise decode_member(bytes(member))


def text_of(line: Line) -> str:
    """Return the text, of a chat or of a completion."""
    return (line.message.content if line.message is not None else line.response) or ""


def thinking_of(line: Line) -> str:
    """Return the thinking, which stands apart from the text."""
    return (line.message.thinking if line.message is not None else line.thinking) or ""


def calls_of(line: Line) -> list[ReadCall]:
    """Return the tool calls."""
    return (line.message.tool_calls if line.message is not None else line.tool_calls) or []


def logprobs_of(read: Iterable[ReadLogprob] | None) -> tuple[TokenLogprob, ...]:
    """Return the tokens that a line tells about."""
    return tuple(
        TokenLogprob(
            token=entry.token,
            logprob=entry.logprob,
            bytes=entry.bytes,
            top=logprobs_of(entry.top_logprobs),
        )
        for entry in read or ()
    )


def finish_reason(line: Line, *, calls: bool) -> FinishReason:
    """Return why the model stopped: Ollama itself says `stop` beside calls too."""
    if (line.done_reason or "").lower() == "length":
        return FinishReason.LENGTH
    return FinishReason.TOOL_CALLS if calls else FinishReason.STOP


def usage_of(line: Line) -> Usage:
    """Return the counts; Ollama leaves out what is 0, so nothing is no count."""
    return Usage(
        prompt_tokens=counted(line.prompt_eval_count), completion_tokens=counted(line.eval_count)
    )


def timing_of(line: Line) -> Timing:
    """Return the server's own clock."""
    return Timing(
        load_ns=timed(line.load_duration),
        prompt_ns=timed(line.prompt_eval_duration),
        completion_ns=timed(line.eval_duration),
    )


def counted(number: float | None) -> int | None:
    """Return a count of tokens, `None` for what cannot be one."""
    return None if number is None or not 0 <= number <= _MAX_COUNT else int(number)


def timed(number: float | None) -> int | None:
    """Return nanoseconds, `None` for what cannot be any."""
    return None if number is None or not 0 <= number <= _MAX_NS else int(number)


class Calls:
    """Gives every tool call of one answer an id of its own.

    Where `only_one` was wanted the first is the only one: Ollama cannot be told of that wish
    (docs/wire/dialects.md 3.3), and vLLM keeps it in the same way.
    """

    __slots__ = ("_line_id", "_only_one", "_used")

    def __init__(self, *, only_one: bool = False) -> None:
        self._line_id = ""
        """Of the present line, once an id was made of it."""
        self._only_one = only_one
        self._used: set[str] = set()

    def __bool__(self) -> bool:
        """Tell whether there were any."""
        return bool(self._used)

    def take(self, read: Iterable[ReadCall], line: bytes) -> list[ToolCall]:
        """Return the calls of a line. One without an id gets one that the same line always gives.

        Raises `BackendProtocolError` for a call without a name, or arguments that are no
        object; none at all are an empty one.
        """
        self._line_id = ""
        return [self._call(call, line) for call in read if not (self._only_one and self._used)]

    def _call(self, read: ReadCall, line: bytes) -> ToolCall:
        name = (read.function and read.function.name) or ""
        if read.function is None or not name:
            raise BackendProtocolError("the upstream called a tool without a name")
        call_id = read.id or ""
        if not call_id or call_id in self._used:
            # Lines differ by their time, so that two answers never share an id. One line may hold
            # very many calls, and is read once.
            self._line_id = self._line_id or answer_id_of(line.strip())
            call_id = made_id(self._line_id, len(self._used))
        self._used.add(call_id)
        return ToolCall(id=call_id, name=name, arguments=_arguments(read.function.arguments, name))


def _arguments(raw: Raw, name: str) -> str:
    text = bytes(raw)
    if text in _NOTHING:
        return "{}"
    try:
        # Servers that imitate Ollama send OpenAI's form: the object as a string.
        arguments = _STRING.decode(text) if text.startswith(b'"') else text.decode()
        _OBJECT.decode(arguments)
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"the upstream sent broken arguments for the tool '{name}'"
        raise BackendProtocolError(message) from error
    return arguments


def _read_leniently(line: bytes) -> Line:
    try:
        return _LENIENT.decode(line)
    except (ValueError, RecursionError) as error:
        raise BackendProtocolError("invalid response from upstream") from error
