"""What the offline backend answers: calls, an instance of a schema, or a few plain sentences.

Nothing here pretends to be a model. The answer says what it is, and repeats what it was
given, so that a program under test can see that its message, system prompt and images arrived.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct

from adapters.backends.offline.conversation import Conversation, ToolResult, read
from adapters.backends.offline.hints import Hints
from adapters.backends.offline.schema.budget import Budget
from adapters.backends.offline.schema.document import Schema
from adapters.backends.offline.schema.instance import make_instance
from adapters.backends.offline.schema.refusals import SchemaRefused
from adapters.backends.offline.tool_choice import call_id, choose
from adapters.backends.offline.turns import Turns
from ports.chat import ChatRequest, JsonFormat, NamedTool, Tool, ToolCall
from ports.errors import InvalidRequest


class Reply(Struct, frozen=True, kw_only=True):
    """A whole answer, before any limit is applied to it."""

    thinking: str
    text: str
    calls: tuple[ToolCall, ...]
    prompt_words: int
    stop: str = ""
    """The stop string that ended the text."""


_OPENINGS = (
    "This is the offline backend, without a model. You said:",
    "No model is running here, the offline backend answers. Your message was:",
    "The offline backend has no model, so it repeats what it got:",
)
_THOUGHTS = (
    "No model is here, so I answer from the message itself.",
    "The last message has {words} words, and the chat has {turn} from the user.",
    "There are {tools} tools on offer, and {results} results to report.",
    "Whatever I add would be made up, so I only repeat what I was given.",
)
_SENTENCES = {"minimal": 1, "low": 1, "medium": 2, "high": 3, "xhigh": 4, "max": 4, True: 2}

# Possessive and bounded: a message may be nothing but white space.
_REPEAT = re.compile(
    r"(?is)\s{0,99}+(?:repeat(?: after me)?|say|echo)(?:\s{0,99}+:\s{0,99}+|\s{1,99}+)(.+)"
)
_COUNT = re.compile(r"(?i)\s{0,99}+count(?: from 1)? to (\d{1,5})\W*+")

_HEARD = 20_000  # characters of a message in which tools may be named
_SCHEMA_A_STEP = 50  # bytes
_FEWEST = 16  # words of the answer that must be left after thinking nobody asked for


async def compose(request: ChatRequest, turns: Turns) -> Reply:
    """Answer a request. Raises `InvalidRequest` for a schema that cannot be honoured."""
    chat = await read(request.messages, turns)
    wanted = request.options.seed
    seed = None if wanted is UNSET or wanted < 0 else wanted
    calls = _calls(request, chat, seed) if request.tools else ()
    return Reply(
        thinking=_thinking(request, chat),
        text="" if calls else _text(request, chat, seed),
        calls=calls,
        prompt_words=chat.words,
    )


def _thinking(request: ChatRequest, chat: Conversation) -> str:
    # Absent means on, as for every model that can think (docs/wire/ollama-api.md 2.4), but
    # then a small limit is kept for the answer: nobody expects it to be empty.
    wanted = "minimal" if request.think is UNSET else request.think
    if wanted is False:
        return ""
    thinking = " ".join(_THOUGHTS[: _SENTENCES[wanted]]).format(
        words=chat.text_words,
        turn=chat.turn,
        tools=len(request.tools),
        results=len(chat.results),
    )
    if request.thinking_budget is not UNSET:
        thinking = " ".join(thinking.split()[: request.thinking_budget])
    limit = request.options.max_tokens
    tight = limit is not UNSET and 0 < limit < len(thinking.split()) + _FEWEST
    return "" if request.think is UNSET and tight else thinking


def _calls(request: ChatRequest, chat: Conversation, seed: int | None) -> tuple[ToolCall, ...]:
    hints, budget, heard = Hints(chat.text, seed), Budget(), chat.text[:_HEARD]
    return tuple(
        ToolCall(
            name=tool.name,
            arguments=_arguments(tool, hints, budget),
            id=call_id(heard, len(request.messages), position),
        )
        for position, tool in enumerate(_wanted(request, chat, heard))
    )


def _wanted(request: ChatRequest, chat: Conversation, heard: str) -> tuple[Tool, ...]:
    """Return the tools to call. A demand counts as often as it is made, results or not."""
    match request.tool_choice:
        case "none":
            wanted: tuple[Tool, ...] = ()
        case "required":
            wanted = choose(request.tools, heard) or request.tools[:1]
        case NamedTool(name=name):
            wanted = tuple(tool for tool in request.tools if tool.name == name)[:1]
        case _:
            wanted = choose(request.tools, heard) if chat.waiting else ()
    return wanted[:1] if request.parallel_tool_calls is False else wanted


def _arguments(tool: Tool, hints: Hints, budget: Budget) -> str:
    place = f'tool "{tool.name}"'
    schema = {} if tool.parameters is None else _schema(tool.parameters, place, budget)
    if isinstance(schema, dict):
        schema = {"type": "object", **schema}
    made = _instance(schema, hints, place, budget)
    if not made.startswith("{"):
        raise InvalidRequest(f"{place}: the parameters must describe an object")
    return made


def _text(request: ChatRequest, chat: Conversation, seed: int | None) -> str:
    if request.format is not None:
        return _structured(request.format, chat, seed)
    if chat.results:
        return _quoted(chat.results)
    if wanted := _REPEAT.fullmatch(chat.text):
        return wanted[1]
    if wanted := _COUNT.fullmatch(chat.text):
        return " ".join(map(str, range(1, int(wanted[1]) + 1))) or "0"
    return _plain(chat, seed)


def _structured(wanted: JsonFormat, chat: Conversation, seed: int | None) -> str:
    said = "\n".join(result.text for result in chat.results) or chat.text
    if wanted.schema is None:
        return _spelled({"backend": "offline", "message": said})
    budget = Budget()
    schema = _schema(wanted.schema, "format", budget)
    return _instance(schema, Hints(said, seed), "format", budget)


def _quoted(results: tuple[ToolResult, ...]) -> str:
    return "\n".join(f"{result.name or 'The tool'} answered: {result.text}" for result in results)


def _plain(chat: Conversation, seed: int | None) -> str:
    opening = _OPENINGS[(seed or 0) % len(_OPENINGS)]
    sentences = [f"{opening} {chat.text}".rstrip()] if chat.text_words else []
    if not sentences:
        sentences.append("This is the offline backend, without a model. You said nothing.")
    if chat.turn > 1:
        sentences.append(f"(Message {chat.turn} of yours.)")
    if chat.system_words:
        sentences.append(f"(The system prompt has {_counted(chat.system_words, 'word')}.)")
    for noun, kinds in (("image", chat.images), ("sound", chat.sounds), ("file", chat.files)):
        if kinds:
            sentences.append(
                f"(I see {_counted(len(kinds), noun)}: {', '.join(kinds)}. I cannot look inside.)"
            )
    return "\n".join(sentences)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _schema(raw: Raw, place: str, budget: Budget) -> Schema:
    try:
        budget.spend(len(bytes(raw)) // _SCHEMA_A_STEP)
        schema = msgspec.json.decode(raw)
    except SchemaRefused as error:
        raise InvalidRequest(f"{place}: {error.message}") from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{place}: the schema is not readable JSON") from error
    if not isinstance(schema, bool | dict):
        raise InvalidRequest(f"{place}: the schema must be an object")
    return schema


def _instance(schema: Schema, hints: Hints, place: str, budget: Budget) -> str:
    try:
        return _spelled(make_instance(schema, hints, budget))
    except SchemaRefused as error:
        raise InvalidRequest(f"{place}: {error.message}") from error
    except RecursionError as error:
        raise InvalidRequest(f"{place}: a value is nested too deeply to honour") from error


def _spelled(value: Any) -> str:
    # With spaces, as models write JSON: it streams word by word like any text.
    return json.dumps(value, ensure_ascii=False)
