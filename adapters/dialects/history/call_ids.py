"""Ids of tool calls to which the upstream gave none."""

from __future__ import annotations

from hashlib import sha256
from string import ascii_lowercase, digits

_LETTERS = digits + ascii_lowercase
_ID_LETTERS = 8


def answer_id_of(answer: bytes) -> str:
    """Return what stands for the id of an answer that has none: all that it says, time included."""
    return sha256(answer).hexdigest()


def made_id(answer_id: str, position: int) -> str:
    """Return `call_` and eight of a-z0-9, the same for the same answer and position."""
    number = int.from_bytes(sha256(f"{answer_id}:{position}".encode()).digest()[:8])
    letters = ""
    for _ in range(_ID_LETTERS):
        number, digit = divmod(number, len(_LETTERS))
        letters += _LETTERS[digit]
    return f"call_{letters}"
