"""Names of models as they come from elsewhere: other servers, files edited by hand."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def is_listable(name: str) -> bool:
    """Tell whether a list may show the name: not blank, and no control character in it."""
    return bool(name.strip()) and _CONTROL.search(name) is None
