"""Whole answers of an OpenAI-speaking server, on their way to an OpenAI client.

Each is checked as where it is translated: an error under status 200, a page or an object that
holds no answer is no success.
"""

from __future__ import annotations

from adapters.dialects.openai.outbound.answer import raise_bare, read_choice
from adapters.dialects.openai.relay.looking import ANSWER, Answer, raise_error
from adapters.dialects.relaying.exchange import no_answer


def check_completed(body: bytes) -> str | None:
    """Look for the choices of a chat or a completion (`relaying.answers.Check`)."""
    answer = _look(body)
    if answer is None or answer.says_error or not answer.choices:
        read_choice(body)
    return None if answer is None else answer.model


def check_embedded(body: bytes) -> str | None:
    """Look for vectors."""
    answer = _look(body)
    if answer is None or answer.says_error:
        raise_error(body)
    if answer is None or not answer.data:
        raise_bare(body)
        raise no_answer()
    return answer.model


def _look(body: bytes) -> Answer | None:
    try:
        return ANSWER.decode(body)
    except (ValueError, RecursionError):
        return None
