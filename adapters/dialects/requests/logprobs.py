"""`logprobs` and `top_logprobs` of a request, which Ollama and OpenAI call the same.

docs/wire/ollama-api.md 2.2, docs/wire/dialects.md 1.9.
"""

from __future__ import annotations

from ports.errors import InvalidRequest

_MOST = 20


def decode_top_logprobs(
    logprobs: bool | None,  # noqa: FBT001 - two members of a body
    top_logprobs: int | None,
    *,
    member: str = "top_logprobs",
) -> int:
    """Return how many alternatives are asked for; none without `logprobs`.

    `member` is the one of the body that says how many; completions have no second one.

    Raises `InvalidRequest` with Ollama's text for a number out of range.
    """
    most = top_logprobs or 0
    if not 0 <= most <= _MOST:
        raise InvalidRequest(f"top_logprobs must be between 0 and {_MOST}", param=member)
    return most if logprobs else 0
