"""Telling a client what of its request could not be carried over (docs/translation.md)."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.dialects.replies import Header

HEADER = b"x-llamaport-dropped"


def in_own_words(
    sent: tuple[str, ...], losses: tuple[str, ...], names: Mapping[str, str]
) -> tuple[str, ...]:
    """Return everything that is dropped by the client's own names, each once.

    `sent` are names of its own already, `losses` what a backend says in neutral names, which
    `names` turns into the client's; one that is not in it is called the same.
    """
    if not losses:
        return sent
    return tuple(dict.fromkeys((*sent, *(names.get(loss, loss) for loss in losses))))


def headers_of(dropped: tuple[str, ...]) -> tuple[Header, ...]:
    """Return the header that names what was dropped; none where nothing was."""
    if not dropped:
        return ()
    # A name of a member may hold anything; a header may not.
    named = ", ".join(dropped).encode("ascii", "backslashreplace")
    return ((HEADER, bytes(byte if 32 <= byte < 127 else 63 for byte in named)),)  # noqa: PLR2004 - printable ASCII
