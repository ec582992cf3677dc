"""What is asked and what is answered: known to the upstream that says it and to the check."""

from __future__ import annotations

import random
from array import array
from math import hypot
from typing import Any

import msgspec

CHAT = "/api/chat"
GENERATE = "/api/generate"
EMBED = "/api/embed"
OPENAI = "/v1/chat/completions"
ANTHROPIC = "/v1/messages"

DELTAS = 100
OPEN_DELTAS = 10
WORDS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa")
PROMPT = (
    "Summarise the following text in three sentences, and name the main actors. "
    + "The gateway forwards a request to an upstream model and turns the answer into the dialect "
    "of the client. " * 2
)

FLAT = "flat"
"""The upstream's model that answers as fast as it is read."""
PACED = "paced"
"""The one that sends an event every 10 ms."""
OPEN = "open"
"""The one that takes a few seconds over a few events."""
PACE = {FLAT: 0.0, PACED: 0.01, OPEN: 0.3}
"""Seconds between two events."""
ALIAS = {FLAT: "bench", PACED: "bench-paced", OPEN: "bench-open"}
"""The names that clients use."""


def piece(number: int) -> str:
    """Return the text of one delta; some hold quotes, some characters of several bytes."""
    match number % 10:
        case 7:
            return f" naïve→日本{number}"
        case 3:
            return f' "q"\\{number}\n'
        case _:
            return f" {WORDS[number % len(WORDS)]}{number}"


def deltas(model: str) -> list[str]:
    """Return the texts of a model's stream."""
    return [piece(number) for number in range(OPEN_DELTAS if model == OPEN else DELTAS)]


PLAIN_TEXT = "".join(piece(number) for number in range(200))
"""The text of an answer in one piece."""


DIMENSIONS = 1536


def _unit_vector() -> list[float]:
    """Make a vector of length 1 as servers do: in single precision."""
    numbers = [random.Random(number).gauss(0, 1) for number in range(DIMENSIONS)]
    length = hypot(*numbers)
    return array("f", [number / length for number in numbers]).tolist()


VECTOR = _unit_vector()
VECTOR_TEXT = msgspec.json.encode(VECTOR).decode()
"""The numbers as the upstream spells them."""


def request(path: str, model: str, *, streamed: bool) -> bytes:
    """Build the body of a request to one of Ollama's paths."""
    asked: dict[str, Any] = {"model": ALIAS[model]}
    options = {"temperature": 0.5, "num_predict": 200}
    system = "You are a helpful assistant."
    question = {"role": "user", "content": PROMPT}
    match path:
        case "/v1/chat/completions":
            messages = [{"role": "system", "content": system}, question]
            asked |= {"messages": messages, "stream": streamed, "temperature": 0.5}
            asked["max_tokens"] = 200
        case "/v1/messages":
            asked |= {"system": system, "messages": [question], "stream": streamed}
            asked |= {"temperature": 0.5, "max_tokens": 200}
        case "/api/embed":
            asked |= {"input": PROMPT}
        case "/api/generate":
            asked |= {"system": system, "prompt": PROMPT, "stream": streamed, "options": options}
        case _:
            messages = [{"role": "system", "content": system}, question]
            asked |= {"messages": messages, "stream": streamed, "options": options}
    return msgspec.json.encode(asked)


def expected(path: str, model: str, *, streamed: bool) -> list[str]:
    """Return the pieces of the text that answers it; a vector is a text too."""
    if path == EMBED:
        return [VECTOR_TEXT]
    return deltas(model) if streamed else [PLAIN_TEXT]
