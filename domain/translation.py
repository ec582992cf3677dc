"""What becomes of a request that cannot be carried over whole."""

from __future__ import annotations

from ports.errors import Untranslatable


class Translation:
    """The operator's rule: drop what the upstream cannot be told and say so, or refuse."""

    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict

    def allow(self, dropped: tuple[str, ...]) -> None:
        """Raise `Untranslatable` if anything would be dropped and that is forbidden.

        `dropped` are the client's own names of it. Asked before the upstream is.
        """
        if dropped and self._strict:
            raise Untranslatable(dropped)
