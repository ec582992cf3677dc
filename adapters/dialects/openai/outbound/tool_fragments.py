"""Tool calls that come in pieces, and the check that they are whole (docs/wire/dialects.md 1.7)."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Raw, Struct
from msgspec.json import Decoder

from adapters.dialects.history.call_ids import made_id
from adapters.dialects.openai.outbound.answer_parts import is_there
from adapters.dialects.openai.outbound.object_end import ObjectEnd
from adapters.dialects.openai.outbound.schema import ABSENT, CallFragment, FunctionFragment
from ports.chat import ToolCall
from ports.errors import BackendProtocolError

MAX_SIZE = 16 * 1024 * 1024
"""Characters of all arguments of one answer, beyond which an upstream is not telling the truth."""

_PIECE = 32
"""What a piece weighs beside its text, or a million empty ones would weigh nothing."""

_STRING = Decoder(str)
_OBJECT = Decoder(dict[str, Raw])


class _Call(Struct):
    """A call as far as it is here; `end` has seen so many pieces of the arguments."""

    id: str = ""
    name: str = ""
    arguments: list[str] = []
    extra_content: Raw | None = None
    end: ObjectEnd | None = None
    seen: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether the arguments so far are a whole object. Only those who ask pay for it."""
        if self.end is None:
            self.end = ObjectEnd()
        for piece in self.arguments[self.seen :]:
            self.end.feed(piece)
        self.seen = len(self.arguments)
        return self.end.closed


class ToolFragments:
    """Collects the pieces of all calls of one answer, in order of appearance."""

    __slots__ = ("_by_index", "_calls", "_max_size", "_older", "_size")

    def __init__(self, max_size: int = MAX_SIZE) -> None:
        self._max_size = max_size
        self._size = 0
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._older: _Call | None = None
        """The call in its older form, which counts where no other comes."""

    def __bool__(self) -> bool:
        """Whether there is any call, whole or not."""
        return bool(self._calls or self._older)

    def add(self, fragments: Iterable[CallFragment]) -> None:
        """Take the pieces of calls in one delta.

        Raises `BackendProtocolError` when all of them together grow beyond the bound.
        """
        named: set[int] = set()
        for fragment in fragments:
            call = self._find(fragment)
            if _name_of(fragment) and not fragment.id:
                # No piece comes behind the first one of its call with the name in one delta.
                if id(call) in named:
                    call = self._open(fragment.index)
                named.add(id(call))
            self._append(fragment, call)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the calls so far; of those without one none."""
        calls = self._calls or filter(None, [self._older])
        return tuple(call.name for call in calls if call.name)

    def add_whole(self, calls: Iterable[CallFragment]) -> None:
        """Take the calls of one message, where each is a call of its own."""
        for call in calls:
            self._append(call, self._open(None))

    def add_older(self, function: FunctionFragment | str | None) -> None:
        """Take a piece of a `function_call`, or all of it."""
        if isinstance(function, FunctionFragment):
            self._older = self._older or _Call()
            self._append(CallFragment(function=function), self._older)

    def finish(self, answer_id: str, *, cut: bool = False) -> tuple[ToolCall, ...]:
        """Return the whole calls, ids made from the answer's id where they are missing.

        `cut` says that the token limit ended the answer. If that was in the middle of the
        last call, the call is left out: it was never made, and the whole ones still count.

        Raises `BackendProtocolError` for a call without a name or whose arguments are not a
        JSON object; empty arguments are an empty one.
        """
        if self._older is not None and not self._calls:
            self._calls.append(self._older)
        if cut and self._calls and not _is_finished(self._calls[-1]):
            del self._calls[-1]
        used: set[str] = set()
        calls = []
        for position, call in enumerate(self._calls):
            if not call.name:
                raise BackendProtocolError("the upstream called a tool without a name")
            call_id = call.id if call.id and call.id not in used else made_id(answer_id, position)
            used.add(call_id)
            arguments = _checked("".join(call.arguments), call.name)
            calls.append(ToolCall(id=call_id, name=call.name, arguments=arguments))
        return tuple(calls)

    @property
    def extra_content(self) -> tuple[Raw | None, ...]:
        """What came beside each of the calls that `finish` has returned."""
        return tuple(call.extra_content for call in self._calls)

    def _find(self, fragment: CallFragment) -> _Call:
        index = fragment.index
        known = self._by_index.get(index) if index is not None else self._last()
        return self._open(index) if known is None or _is_another(fragment, known) else known

    def _open(self, index: int | None) -> _Call:
        call = _Call()
        self._calls.append(call)
        if index is not None:
            self._by_index[index] = call
        return call

    def _last(self) -> _Call | None:
        return self._calls[-1] if self._calls else None

    def _append(self, fragment: CallFragment, call: _Call) -> None:
        function = fragment.function
        call.id = call.id or fragment.id or ""
        piece = ""
        if function is not None:
            call.name = call.name or function.name or ""
            piece = _piece(function.arguments)
        if piece:
            call.arguments.append(piece)
        self._size += len(piece) + _PIECE
        if fragment.extra_content is not ABSENT and call.extra_content is None:
            self._keep(fragment.extra_content, call)
        if self._size > self._max_size:
            raise BackendProtocolError("the upstream sent tool calls without an end")

    def _keep(self, extra: Raw, call: _Call) -> None:
        if is_there(extra):
            call.extra_content = extra.copy()
            self._size += len(bytes(extra))


def _is_another(fragment: CallFragment, known: _Call) -> bool:
    """Tell whether a piece at a used index, or without one, opens a new call."""
    if fragment.id and known.id:
        return fragment.id != known.id
    name = _name_of(fragment)
    if fragment.index is None:
        return bool((name or fragment.id) and known.name)
    # Servers that number all calls 0 and give no ids: a name opens a call, unless it is only
    # repeated with the next piece of the same one.
    return bool(name and known.name) and (name != known.name or known.is_whole)


def _name_of(fragment: CallFragment) -> str | None:
    return None if fragment.function is None else fragment.function.name


def _piece(raw: Raw) -> str:
    text = bytes(raw).decode("utf-8", "replace")
    if not text or text == "null":
        return ""
    # Loose servers send the object itself where its text belongs.
    return _STRING.decode(text) if text.startswith('"') else text


def _checked(arguments: str, name: str) -> str:
    text = arguments.strip()
    if not text:
        return "{}"
    if not _is_object(text):
        raise BackendProtocolError(f"the upstream sent broken arguments for the tool '{name}'")
    return text


def _is_finished(call: _Call) -> bool:
    # Here empty arguments are none: the model did not get as far as to write them.
    return bool(call.name) and _is_object("".join(call.arguments))


def _is_object(text: str) -> bool:
    try:
        _OBJECT.decode(text)
    except (ValueError, RecursionError):
        # The strict decoder refuses halves of characters and NaN, and so do clients' ones.
        return False
    return True
