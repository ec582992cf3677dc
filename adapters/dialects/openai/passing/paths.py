"""Which paths may be passed on, letter by letter."""

from __future__ import annotations

import re

_PATH = re.compile(r"/v1(?:/[\w~:@!$&'()*+,=-][\w~:@!$&'()*+,=.-]*)+", re.ASCII)


def is_passable(raw: bytes, path: str) -> bool:
    """Tell whether a path below `/v1` means the same to whoever reads it next.

    `raw` is it as it came. Nothing may be escaped in it, no segment may begin with a dot, and
    what some servers cut off or read in their own way (`;`, backslashes) may not be there.
    """
    return b"%" not in raw and _PATH.fullmatch(path) is not None
