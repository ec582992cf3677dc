"""Telling a client what of its request could not be carried over (docs/translation.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from adapters.dialects.replies.batches import Header
from ports import dropped as upstreams

HEADER = upstreams.HEADER.encode()

LONGEST = 4096
"""Bytes of its value. Clients give up an answer whose headers are too long: Node's at 16 KiB."""
_MORE = b", ..."


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
    """Return the header that names what was dropped; none where nothing was.

    It ends in `...` where that is more than anybody would read.
    """
    if not dropped:
        return ()
    # A name of a member may hold anything; a header may not.
    named = ", ".join(dropped).encode("ascii", "backslashreplace")
    if len(named) > LONGEST:
        named = (named[: LONGEST - len(_MORE)].rpartition(b", ")[0] + _MORE).removeprefix(b", ")
    return ((HEADER, bytes(byte if 32 <= byte < 127 else 63 for byte in named)),)  # noqa: PLR2004 - printable ASCII


def handed_on(headers: Iterable[Header], told: Sequence[str]) -> list[Header]:
    """Return the headers of an answer with what upstreams have told in theirs, each name once.

    Those names are in the words of the dialect in which the upstream was asked.
    """
    kept = [header for header in headers if header[0] != HEADER]
    own = [value.decode() for name, value in headers if name == HEADER]
    names = [name.strip() for value in (*own, *told) for name in value.split(",")]
    return [*kept, *headers_of(tuple(dict.fromkeys(filter(None, names))))]
