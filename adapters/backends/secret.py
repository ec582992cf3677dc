"""A text that is never shown."""

from __future__ import annotations

import hmac
from typing import Final

MASK: Final = "***"


class Secret:
    """A key, or whatever else must not appear in a log, an error or a `repr`.

    Only `reveal()` gives the text. msgspec refuses to encode it unless `masked` is its hook.
    False if empty.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Hide `text`."""
        self._text = text

    def reveal(self) -> str:
        """Return the text itself, for the one place that sends or compares it."""
        return self._text

    def __bool__(self) -> bool:
        """Tell whether there is anything to hide."""
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        """Compare without telling by its duration how much is equal."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_bytes(self), _bytes(other))

    def __hash__(self) -> int:
        """Agree with `__eq__`."""
        return hash(self._text)

    def __repr__(self) -> str:
        """Show that there is something, not what."""
        return f"Secret({str(self)!r})"

    def __str__(self) -> str:
        """Show that there is something, not what."""
        return MASK if self._text else ""


def _bytes(secret: Secret) -> bytes:
    return secret.reveal().encode(errors="surrogatepass")


def masked(value: object) -> str:
    """Stand in for a `Secret` wherever msgspec asks for an `enc_hook`."""
    if isinstance(value, Secret):
        return str(value)
    raise NotImplementedError(f"cannot encode {type(value).__name__}")
