"""How much of each file of recordings goes otherwise, for the replay and the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from tests.integration.golden.differences import Reasons, anthropic, native, openai, responses
from tests.integration.golden.recordings import ANTHROPIC, NATIVE, OPENAI, RESPONSES, recordings


class Differing(Struct, frozen=True, kw_only=True):
    """The exchanges of a file that go otherwise than recorded, by reason."""

    beyond: Reasons
    """What a gateway cannot answer as recorded, or must not."""
    decided: Reasons

    @property
    def names(self) -> list[str]:
        """The name of each of them."""
        listed = (*self.beyond.values(), *self.decided.values())
        return [name for names in listed for name in names]


DIFFERING: Mapping[str, Differing] = MappingProxyType(
    {
        NATIVE: Differing(beyond=native.BEYOND, decided=native.DECIDED),
        OPENAI: Differing(beyond=openai.BEYOND, decided=openai.DECIDED),
        RESPONSES: Differing(beyond=responses.BEYOND, decided=responses.DECIDED),
        ANTHROPIC: Differing(beyond=anthropic.BEYOND, decided=anthropic.DECIDED),
    }
)
"""By file."""


class Score(Struct, frozen=True, kw_only=True):
    """How many recorded exchanges there are, can be answered, and are answered as recorded."""

    all: int
    possible: int
    same: int

    @property
    def percentage(self) -> float:
        """Of those that can be answered, with one digit behind the point, never rounded up."""
        return int(1000 * self.same / self.possible) / 10


def score(file: str) -> Score:
    """Count, for the documentation; the replay proves the figures."""
    differing = DIFFERING[file]
    possible = len(recordings(file)) - sum(map(len, differing.beyond.values()))
    return Score(
        all=len(recordings(file)),
        possible=possible,
        same=possible - sum(map(len, differing.decided.values())),
    )
