"""What a relay looks at in an answer, or in one event of it: enough to tell an error from it."""

from __future__ import annotations

from msgspec import Raw, Struct
from msgspec.json import Decoder

from adapters.dialects.openai.outbound.answer import inband_error, read_answer
from adapters.dialects.openai.outbound.answer_parts import is_there
from adapters.dialects.openai.outbound.schema import ABSENT
from adapters.dialects.openai.outbound.schema import Answer as WholeAnswer
from adapters.dialects.wire.mending import mend

_SAID = frozenset(
    (
        *("content", "refusal", "reasoning", "reasoning_content", "reasoning_details"),
        *("tool_calls", "function_call", "audio", "images"),
    )
)
"""Members of a delta in which the model says something, if they are not empty."""


class Anything(Struct, gc=False):
    """An object, whatever is in it."""


class Choice(Struct, gc=False):
    """One of the answers."""

    finish_reason: str | None = None


class Answer(Struct, gc=False):
    """An answer or an event; `null` is nothing. What has members of other kinds is not read."""

    model: str | None = None
    choices: list[Choice] | None = None
    data: list[Anything] | None = None
    """Vectors."""
    usage: Anything | None = None
    error: Anything | str | None = None

    @property
    def is_piece(self) -> bool:
        """Whether it holds a piece of one choice and nothing else."""
        choices = self.choices
        return (
            choices is not None
            and len(choices) == 1
            and not choices[0].finish_reason
            and self.usage is None
            and self.error is None
        )

    @property
    def says_error(self) -> bool:
        """Whether it may tell of an error (docs/wire/dialects.md 8.7)."""
        return self.error is not None or any(
            choice.finish_reason == "error" for choice in self.choices or ()
        )


class _Piece(Struct, gc=False):
    delta: dict[str, Raw] | None = None
    message: dict[str, Raw] | None = None
    text: Raw = ABSENT

    @property
    def says(self) -> bool:
        members = self.delta or self.message or {}
        return is_there(self.text) or any(is_there(members.get(name, ABSENT)) for name in _SAID)


class _Pieces(Struct, gc=False):
    choices: list[_Piece] | None = None


ANSWER = Decoder(Answer)
_PIECES = Decoder(_Pieces)


def raise_error(body: bytes) -> WholeAnswer:
    """Raise the error that an answer or event tells of, or return it, read as a translator does.

    Raises `BackendProtocolError` if there is nothing to be made of it.
    """
    answer = read_answer(body, mend)
    error = inband_error(answer)
    if error is not None:
        raise error
    return answer


def says(event: bytes) -> bool:
    """Tell whether the model says something in an event; its role alone is nothing."""
    try:
        pieces = _PIECES.decode(event)
    except (ValueError, RecursionError):
        return True  # odd, but passed on as a piece of the answer
    return any(piece.says for piece in pieces.choices or ())
