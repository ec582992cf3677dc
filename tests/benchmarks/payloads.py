"""What is asked and what is answered: known to the upstream that says it and to the check."""

from __future__ import annotations

import msgspec

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


def chat_request(model: str, *, streamed: bool) -> bytes:
    """Build the body of a request to Ollama's `/api/chat`."""
    return msgspec.json.encode(
        {
            "model": ALIAS[model],
            "messages": [
                {"role": "system", "content": "You are a helpful assistant."},
                {"role": "user", "content": PROMPT},
            ],
            "stream": streamed,
            "options": {"temperature": 0.5, "num_predict": 200},
        }
    )
