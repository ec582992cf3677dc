"""What a request asks for beside its question: told to whoever watches, and acted on by nobody."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from ports.chat import Effort, Options

OutputType = Literal["text", "json"]


class Parameters(Struct, frozen=True, kw_only=True):
    """As the client said them, completed by an alias; `UNSET` is what nobody said.

    Of a chat or a completion without a form of the answer, `output` is `text`.
    """

    options: Options = Options()
    dimensions: int | UnsetType = UNSET
    """Of vectors."""
    output: OutputType | UnsetType = UNSET
    effort: Effort | UnsetType = UNSET


NO_PARAMETERS = Parameters()


def no_parameters() -> Parameters:
    """Tell none."""
    return NO_PARAMETERS
