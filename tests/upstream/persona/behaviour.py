"""What the model says, whatever wire form carries it.

The conversation decides: tools and the words `THREE ROUNDS` start three rounds of two calls
each, a tool that must be called is called, a format gets an instance of its schema, images are
counted, and everything else is repeated. Results of tools are checked, and what is wrong with
them is said in the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zlib import crc32

import msgspec
from msgspec import Struct

from tests.upstream.answers import Call

ROUNDS = (
    (("get_weather", "Oslo"), ("get_weather", "Rome")),
    (("get_weather", "Kyiv"), ("get_time", "Paris")),
    (("get_time", "Lima"), ("get_time", "Cairo")),
)
TRIGGER = "THREE ROUNDS"
UNSIGNED = "<assistant_thinking>"
THINKING = ("let me", " think about", " <it>")


class Result(Struct, frozen=True, kw_only=True):
    """What a tool answered. `call` is the name and city it belongs to, `None` if none."""

    call: tuple[str, str] | None
    text: str


class Forced(Struct, frozen=True, kw_only=True):
    """A tool that must be called: its name and the schema of its arguments."""

    name: str
    parameters: Mapping[str, Any]


LOGPROB = -0.5
OTHER = "Hal"
"""What the model says of each word: how sure it is, and what else it might have been."""


def weighed(word: str) -> dict[str, Any]:
    """Return the log probability of a word, as every protocol spells it."""
    other = {"token": OTHER, "logprob": -2.5, "bytes": list(OTHER.encode())}
    of_it = {"token": word, "logprob": LOGPROB, "bytes": list(word.encode())}
    return of_it | {"top_logprobs": [other]}


class Asked(Struct, frozen=True, kw_only=True):
    """A conversation, read from any form."""

    text: str
    """The last user message."""
    tools: tuple[str, ...] = ()
    forced: Forced | None = None
    """The tool that must be called, unless its results are here."""
    rounds: tuple[tuple[Result, ...], ...] = ()
    """The results of each round of calls since the last user message."""
    images: int = 0
    think: bool = False
    format: Mapping[str, Any] | None = None
    """A JSON schema, empty for any JSON."""
    limit: int | None = None
    """How many words it may take, thinking included."""


class Said(Struct, frozen=True, kw_only=True):
    """An answer."""

    words: tuple[str, ...] = ()
    thinking: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    finish: str = "stop"
    prompt_tokens: int = 0

    @property
    def tokens(self) -> int:
        """Of thinking, answer and calls."""
        return len(self.thinking) + len(self.words) + 5 * len(self.calls)


def respond(asked: Asked) -> Said:
    """Answer."""
    thinking = THINKING if asked.think else ()
    prompt = len(asked.text.split())
    calling = Said(
        thinking=thinking, calls=_calls(asked), finish="tool_calls", prompt_tokens=prompt
    )
    if calling.calls and (asked.limit is None or calling.tokens <= asked.limit):
        return calling
    words = tuple(f"{' ' if at else ''}{word}" for at, word in enumerate(_text(asked).split(" ")))
    if asked.limit is not None and len(thinking) + len(words) > asked.limit:
        left = max(asked.limit - len(thinking), 0)
        return Said(
            thinking=thinking[: asked.limit],
            words=words[:left],
            finish="length",
            prompt_tokens=prompt,
        )
    return Said(thinking=thinking, words=words, prompt_tokens=prompt)


def result_of(name: str, city: str) -> str:
    """Return what a tool answers; the clients under test compute the same."""
    unit = {"get_weather": "degrees", "get_time": "hours"}[name]
    return f"{name} of {city}: {len(city)} {unit}"


def embed(text: str) -> list[float]:
    """Embed a text: the same vector for the same text, its length far from 1."""
    return [float(crc32(f"{place}:{text}".encode()) % 7 + 1) for place in range(4)]


def _calls(asked: Asked) -> tuple[Call, ...]:
    done = len(asked.rounds)
    if asked.forced is not None and not done:
        arguments = msgspec.json.encode(_instance(asked.forced.parameters)).decode()
        return (Call(asked.forced.name, (arguments[:3], arguments[3:]), "call_forced"),)
    if not (asked.tools and TRIGGER in asked.text) or done == len(ROUNDS) or _complaint(asked):
        return ()
    return tuple(
        Call(name, ('{"ci', 'ty": "', f'{city}"}}'), f"call_{done}{at}")
        for at, (name, city) in enumerate(ROUNDS[done])
    )


def _text(asked: Asked) -> str:
    if complaint := _complaint(asked):
        return complaint
    if asked.rounds:
        return "; ".join(result.text for turn in asked.rounds for result in turn)
    if asked.format is not None:
        return msgspec.json.encode(_instance(asked.format)).decode()
    said = [f"You said: {asked.text}"]
    if asked.images:
        said.append(f"I see {asked.images} image{'s' if asked.images > 1 else ''}.")
    return " ".join(said)


def _complaint(asked: Asked) -> str:
    for number, (turn, calls) in enumerate(zip(asked.rounds, ROUNDS, strict=False), 1):
        expected = {call: result_of(*call) for call in calls}
        came = {result.call: result.text for result in turn}
        if came != expected or len(turn) != len(calls):
            return f"WRONG in round {number}: expected {expected}, got {list(turn)}"
    return ""


def _instance(schema: Mapping[str, Any]) -> Any:
    match schema.get("type", "object"):
        case "object":
            wanted = schema.get("properties", {"name": {"type": "string"}})
            return {name: _instance(value) for name, value in wanted.items()}
        case "integer" | "number":
            return 36
        case "array":
            return [_instance(schema.get("items", {}))]
        case "boolean":
            return True
        case _:
            return "Ada"


def spoken(messages: Sequence[Any]) -> list[Any]:
    """Leave out what is no turn of a user: pydantic-ai tells unsigned thinking as if it were."""
    return [
        message
        for message in messages
        if not (message["role"] == "user" and str(message.get("content")).startswith(UNSIGNED))
    ]


def rounds_since(messages: Sequence[Any], results: Mapping[int, Result]) -> tuple[Any, ...]:
    """Group results by the assistant message that they follow; keys are places in `messages`."""
    rounds: list[list[Result]] = []
    for place, message in enumerate(messages):
        match message["role"]:
            case "user":
                rounds.clear()
            case "assistant" if message.get("tool_calls"):
                rounds.append([])
            case "tool" if rounds:
                rounds[-1].append(results[place])
            case _:
                pass
    return tuple(map(tuple, rounds))
