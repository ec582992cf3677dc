"""What a message offers to fill values with: numbers, names, quoted words, itself.

Each number and each name is used once, in the order of the message, so that "add 2 and 3"
gives `a` the 2 and `b` the 3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar
from zlib import crc32

_T = TypeVar("_T")

_READ = 4000  # characters: values are short, and a message may be a whole book
_LONGEST = 200
_MOST_NUMBERS = 50

MOST_OPTIONS = 1000
"""How many options are looked for in the message, before it is left to the seed."""

_NUMBER = re.compile(r"(?<![\w.])-?\d{1,15}(?:\.\d{1,15})?(?!\w)")
# Quoted words, or capitalised words inside a sentence: "the weather in New York".
_NAME = re.compile(r'"([^"]+)"|(?<=[a-z,;] )([A-Z][\w\'-]+(?: [A-Z][\w\'-]+)*)')
# Possessive, from the start of a word: else a long word takes quadratic time.
# "city: Rome", "the first name is Ada", `units="metric"`.
_STATEMENT = re.compile(
    r"(?<![\w-])(?:([\w-]++) )?([\w-]++) ?(?::|=|\bis\b) ?(?:\"([^\"]+)\"|([\w@.+/-]*\w))",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Hints:
    """The useful pieces of one message. `seed` varies the choices that the message leaves open."""

    def __init__(self, text: str, seed: int | None = None) -> None:
        self._text = " ".join(text[:_READ].split())
        spoken = words(self._text)
        self._spoken = line(spoken)
        self._vocabulary = frozenset(spoken)
        self._said = _statements(self._text)
        self._seed = seed
        self._numbers = [_number(found) for found in _NUMBER.findall(self._text)[:_MOST_NUMBERS]]
        self._names: list[str] = [quoted or name for quoted, name in _NAME.findall(self._text)]

    def choose(self, options: Sequence[_T], at: str) -> _T:
        """Pick one of the options: one that the message names, else by the seed, else the first."""
        for option in options[:MOST_OPTIONS]:
            if isinstance(option, str) and self._mentions(option):
                return option
        if self._seed is None:
            return options[0]
        return options[crc32(f"{self._seed}:{at}".encode()) % len(options)]

    def _mentions(self, option: str) -> bool:
        wanted = words(option[:_LONGEST])
        return self._vocabulary.issuperset(wanted) and mentions(self._spoken, wanted) is not None

    def number(self, suits: Callable[[float], bool]) -> int | float | None:
        """Use up the first number of the message that suits."""
        for index, found in enumerate(self._numbers):
            if suits(found):
                return self._numbers.pop(index)
        return None

    def phrase(self, name: str) -> str:
        """Return a text for the property of this name, never empty.

        What the message says the property is ("city: Rome"), else the next name or quoted
        words in it, else the message itself.
        """
        said = self._said.get("".join(words(name[:_LONGEST])))
        if said:
            return said
        if self._names:
            return self._names.pop(0)
        return self._text[:_LONGEST].rstrip() or "offline"


def words(text: str) -> list[str]:
    """Split into words without case; `get_weather` and `getWeather` are two words each."""
    return [word.casefold() for word in _WORD.findall(_HUMP.sub(" ", text))]


def line(spoken: Sequence[str]) -> str:
    """Write words in a row with a space around each, for `mentions`."""
    return f" {' '.join(spoken)} "


def mentions(spoken: str, wanted: Sequence[str]) -> int | None:
    """Return where the wanted words stand in a row in the `line` spoken, `None` if nowhere."""
    at = spoken.find(line(wanted)) if wanted else -1
    return None if at < 0 else at


def _statements(text: str) -> dict[str, str]:
    said: dict[str, str] = {}
    for before, name, quoted, plain in _STATEMENT.findall(text):
        for key in (name, before + name):
            said.setdefault("".join(words(key)), quoted or plain)
    return said


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)
