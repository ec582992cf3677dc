"""How a worker talks with the tests: a JSON object a line, a call in, what came of it out.

A worker runs in the environment of its client, which need not have anything of ours, so
this is the standard library only.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

Asked = Mapping[str, Any]
Call = Callable[[Asked], dict[str, Any]]


def work(package: str, calls: Mapping[str, Call]) -> None:
    """Answer calls until stdin ends. What a library prints does not get in between."""
    out, sys.stdout = sys.stdout, sys.stderr

    def say(what: Mapping[str, Any]) -> None:
        print(json.dumps(what), file=out, flush=True)

    say({"version": version(package), "calls": list(calls)})
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            came = calls[asked["call"]](asked)
        except Exception as raised:  # noqa: BLE001 - whatever a client raises is the finding
            came = {
                "raised": type(raised).__name__,
                "status": getattr(raised, "status_code", None),
                "message": str(raised),
            }
        say(came)
