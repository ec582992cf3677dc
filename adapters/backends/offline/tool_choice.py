"""Which tools a message asks for, by its words alone.

A tool is asked for by its name ("get_weather", "get weather"), by what its name is about
("the weather"), or, if no tool is named, by at least half of the main words of its
description. Then the best described one is called; of the named ones, each.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from string import ascii_lowercase, digits

from msgspec import Struct

from adapters.backends.offline.hints import line, mentions, words
from ports.chat import Tool

# Words in the names and descriptions of very many tools, which tell none of them apart.
_COMMON = frozenset(
    {
        *("get", "set", "fetch", "find", "look", "lookup", "list", "show", "make", "do", "run"),
        *("call", "use", "tool", "function", "api", "return", "give", "given", "current", "my"),
        *("the", "and", "for", "from", "with", "that", "this", "into", "about", "which", "what"),
        *("when", "where", "will", "can", "are", "was", "not", "you", "your", "any", "all", "one"),
        *("two", "its", "has", "have", "should", "would", "specified", "specific", "using", "used"),
        *("user", "information", "data", "value", "a", "an", "of", "in", "on", "at", "to", "is"),
        *("it", "be", "by", "or", "as", "if", "we", "me", "i", "how", "please", "provide"),
    }
)
_MOST_TOOLS = 500
_NAME_READ = 100  # characters
_DESCRIPTION_READ = 400  # characters
_ENOUGH = 0.5  # of the main words of a description
_ID_CHARACTERS = ascii_lowercase + digits


class _Heard(Struct, frozen=True, kw_only=True):
    tool: Tool
    at: int
    about: frozenset[str]
    by_name: bool


class _Spoken:
    def __init__(self, text: str) -> None:
        spoken = words(text)
        self.line = line(spoken)
        self.stems: dict[str, int] = {}
        """Where each stem comes first in the line."""
        at = 0
        for word in spoken:
            self.stems.setdefault(_stem(word), at)
            at += len(word) + 1


def choose(tools: Sequence[Tool], text: str) -> tuple[Tool, ...]:
    """Return the tools that the message asks for, in the order in which it mentions them.

    Of very many tools only the first 500 are looked at.
    """
    spoken = _Spoken(text)
    unique = {tool.name: tool for tool in tools[:_MOST_TOOLS]}.values()
    named = [heard for tool in unique if (heard := _named(tool, spoken)) is not None]
    if named:
        told = [heard for heard in named if not _outdone(heard, named)]
        return tuple(heard.tool for heard in sorted(told, key=lambda heard: heard.at))
    described = [(_described(tool, spoken), tool) for tool in unique]
    share, best = max(described, key=lambda pair: pair[0], default=(0.0, None))
    return (best,) if best is not None and share >= _ENOUGH else ()


def call_id(text: str, message: int, position: int) -> str:
    """Make the id of a call: `call_` and 8 of a-z0-9, the same for the same conversation."""
    seed = f"{message}:{position}:{text}".encode("utf-8", "surrogatepass")
    number = int.from_bytes(blake2b(seed, digest_size=8).digest())
    letters = []
    for _ in range(8):
        number, index = divmod(number, len(_ID_CHARACTERS))
        letters.append(_ID_CHARACTERS[index])
    return "call_" + "".join(letters)


def _named(tool: Tool, spoken: _Spoken) -> _Heard | None:
    name = words(tool.name[:_NAME_READ])
    about = frozenset(_main(name))
    at = mentions(spoken.line, name)
    if at is not None:
        return _Heard(tool=tool, at=at, about=about, by_name=True)
    if about and about <= spoken.stems.keys():
        first = min(spoken.stems[stem] for stem in about)
        return _Heard(tool=tool, at=first, about=about, by_name=False)
    return None


def _outdone(heard: _Heard, named: Sequence[_Heard]) -> bool:
    # "the weather forecast" asks for get_weather_forecast, not for get_weather as well.
    return not heard.by_name and any(heard.about < other.about for other in named)


def _described(tool: Tool, spoken: _Spoken) -> float:
    main = set(_main(words(tool.description[:_DESCRIPTION_READ])))
    return len(main & spoken.stems.keys()) / len(main) if main else 0.0


def _main(found: Sequence[str]) -> list[str]:
    return [_stem(word) for word in found if len(word) > 1 and word not in _COMMON]


def _stem(word: str) -> str:
    # "cities" and "city", "returns" and "return": English plurals and verbs, no more than that.
    if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004 - "ties" is no "ty"
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
