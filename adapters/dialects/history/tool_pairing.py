"""Every tool call of a history gets exactly one result, directly after it.

Ollama's clients may leave out ids and names, and send results in any number; OpenAI demands
one tool message per call with its id (docs/wire/dialects.md 2.6, where the steps are counted).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from string import ascii_lowercase, digits

from msgspec import Raw, Struct, json
from msgspec.structs import replace

from ports.chat import Message, Text, ToolCall
from ports.errors import InvalidRequest

ID_LENGTH = 9
"""Of alphanumeric ids: the form that every known server accepts, and the only one for Mistral."""

_DIGITS = digits + ascii_lowercase
_ID_DIGITS = 5
"""Behind `call`: three tell the message and two the call in it, unless one has more calls."""
_CALLS_OF_ONE = len(_DIGITS) ** 2
_IDS = len(_DIGITS) ** _ID_DIGITS

_OBJECT = json.Decoder(dict[str, Raw])
"""Raw members: numbers that fit no machine word are none of our business."""


def pair(messages: Sequence[Message], *, short_ids: bool = False) -> tuple[Message, ...]:
    """Return the history with ids on all calls and one result for each.

    Calls without an id, or with one that an earlier call has, get one made from their
    position, so that sending again sends the same. Results are matched by id, else by name,
    else by order; those that match nothing become user messages, missing ones are filled
    with empty results. With `short_ids` any id that is not nine alphanumerics is replaced.

    Arguments go on as they were spelled, blank ones as `{}`. Raises `InvalidRequest`, with
    the name of the tool, for others that are no JSON object: an invented `{}` is a lie.
    """
    if not any(message.tool_calls or message.role == "tool" for message in messages):
        return tuple(messages)
    return tuple(_Pairing(short_ids=short_ids).run(messages))


class _Open(Struct):
    """A call of the turn: the id its client knows, the one we send, whether it has a result."""

    client_id: str
    sent_id: str
    name: str
    answered: bool = False


class _Calls:
    """The calls of one turn that wait for a result, found by id, by name, or by order.

    A call that was found one way stays in the other two queues until it is met there.
    """

    def __init__(self) -> None:
        self._by_id: defaultdict[str, deque[_Open]] = defaultdict(deque)
        self._by_name: defaultdict[str, deque[_Open]] = defaultdict(deque)
        self._in_order: deque[_Open] = deque()

    def add(self, call: _Open) -> None:
        self._by_id[call.client_id].append(call)
        self._by_name[call.name].append(call)
        self._in_order.append(call)

    def take(self, client_id: str, name: str) -> _Open | None:
        found = (
            (_first_open(self._by_id.get(client_id)) if client_id else None)
            or (_first_open(self._by_name.get(name)) if name else None)
            or _first_open(self._in_order)
        )
        if found is not None:
            found.answered = True
        return found

    def take_all(self) -> Iterator[_Open]:
        while found := self.take("", ""):
            yield found
        self._by_id.clear()
        self._by_name.clear()


def _first_open(queue: deque[_Open] | None) -> _Open | None:
    while queue and queue[0].answered:
        queue.popleft()
    return queue[0] if queue else None


class _Pairing:
    """One walk through a history."""

    def __init__(self, *, short_ids: bool) -> None:
        self._short_ids = short_ids
        self._used: set[str] = set()
        self._spare = 0
        """From where on ids made for the present message are free for sure."""
        self._open = _Calls()
        self._later: list[Message] = []
        """What must wait until all results of a turn are out: orphans and images."""

    def run(self, messages: Sequence[Message]) -> Iterator[Message]:
        for position, message in enumerate(messages):
            if message.role == "tool":
                yield from self._result(message)
                continue
            yield from self._close()
            yield self._with_ids(message, position) if message.tool_calls else message
        yield from self._close()

    def _with_ids(self, message: Message, position: int) -> Message:
        calls = []
        self._spare = 0
        for index, call in enumerate(message.tool_calls):
            sent = self._sent_id(call.id, position, index)
            self._open.add(_Open(client_id=call.id, sent_id=sent, name=call.name))
            calls.append(ToolCall(id=sent, name=call.name, arguments=_object(call)))
        return replace(message, tool_calls=tuple(calls))

    def _sent_id(self, client_id: str, position: int, index: int) -> str:
        sent = "" if self._short_ids and not _is_short(client_id) else client_id
        while not sent or sent in self._used:
            # A client may have remembered an id that was made here for another position.
            index = max(index, self._spare)
            number = (position * _CALLS_OF_ONE + index) % _IDS
            sent = f"call{_base36(number, _ID_DIGITS)}"
            self._spare = index + 1
        self._used.add(sent)
        return sent

    def _result(self, message: Message) -> Iterator[Message]:
        call = self._open.take(message.tool_call_id, message.tool_name)
        images = tuple(part for part in message.parts if not isinstance(part, Text))
        text = _text(message)
        if call is None:
            name = f" ({message.tool_name})" if message.tool_name else ""
            orphan = Text(text=f"Tool result{name}: {text}")
            self._later.append(Message(role="user", parts=(orphan, *images)))
            return
        yield replace(
            message,
            parts=(Text(text=text),),
            tool_call_id=call.sent_id,
            tool_name=message.tool_name or call.name,
        )
        if images:
            self._later.append(Message(role="user", parts=images))

    def _close(self) -> Iterator[Message]:
        for call in self._open.take_all():
            yield Message(role="tool", tool_call_id=call.sent_id, tool_name=call.name)
        yield from self._later
        self._later.clear()


def _object(call: ToolCall) -> str:
    """Return the JSON text of the arguments, verbatim."""
    arguments = call.arguments
    if not arguments.strip():
        return "{}"
    try:
        _OBJECT.decode(arguments)
    except (ValueError, RecursionError) as error:
        message = f"the arguments of the tool call '{call.name}' are no JSON object"
        raise InvalidRequest(message) from error
    return arguments


def _text(message: Message) -> str:
    return "\n".join(part.text for part in message.parts if isinstance(part, Text))


def _is_short(value: str) -> bool:
    return len(value) == ID_LENGTH and value.isascii() and value.isalnum()


def _base36(number: int, width: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text.rjust(width, "0")
