"""Whole answers of an OpenAI-speaking server, on their way to an OpenAI client.

Each is checked as where it is translated: an error under status 200, a page or an object that
holds no answer is no success.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from adapters.dialects.model_member import ModelMember
from adapters.dialects.openai.outbound.answer import raise_bare, read_choice
from adapters.dialects.openai.relay.looking import ANSWER, Answer, raise_error
from adapters.dialects.relaying import Conceal, concealed, no_answer
from ports.errors import BackendError

Check = Callable[[bytes], Answer | None]
"""Raises the `BackendError` that a body means. Returns what was seen in it, `None` if it is an
answer all the same but an odd one."""


def passed_on(body: bytes, check: Check, *, asked: str, conceal: Conceal = str) -> bytes:
    """Return an answer with the model named as the client did. Raises what `check` does."""
    try:
        answer = check(body)
    except BackendError as error:
        raise concealed(error, conceal) from error
    if not body.isascii():
        body = _in_utf8(body)
    if answer is None or answer.model is None or answer.model == asked:
        return body
    return ModelMember(asked).put_into(body)


def check_completed(body: bytes) -> Answer | None:
    """Look for the choices of a chat or a completion."""
    answer = _look(body)
    if answer is None or answer.says_error or not answer.choices:
        read_choice(body)
    return answer


def check_embedded(body: bytes) -> Answer | None:
    """Look for vectors."""
    answer = _look(body)
    if answer is None or answer.says_error:
        raise_error(body)
    if answer is None or not answer.data:
        raise_bare(body)
        raise no_answer()
    return answer


def _look(body: bytes) -> Answer | None:
    try:
        return ANSWER.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None


def _in_utf8(body: bytes) -> bytes:
    try:
        body.decode()
    except UnicodeDecodeError:
        return body.decode("utf-8", "replace").encode()
    return body
