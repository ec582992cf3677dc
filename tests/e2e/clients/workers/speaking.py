"""How a worker talks with the tests: a JSON object a line, a call in, what came of it out.

A worker runs in the environment of its client, which need not have anything of ours, so
this is the standard library only. It keeps the client on this machine: what would go
elsewhere is refused and told.

A client that speaks several protocols is one worker, for some take seconds to start.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

Asked = Mapping[str, Any]
Call = Callable[[Asked], dict[str, Any]]

HERE = ("127.0.0.1", "::1", "localhost")
strangers: list[str] = []
"""Hosts that the client wanted to reach and should not know, since the last answer."""


def work(package: str, calls: Mapping[str, Call]) -> None:
    """Answer the calls of a client with one protocol until stdin ends."""
    serve({"": (package, calls)})


def serve(protocols: Mapping[str, tuple[str, Mapping[str, Call]]]) -> None:
    """Answer calls until stdin ends, by protocol: its package, and its calls.

    What a library prints does not get in between.
    """
    out, sys.stdout = sys.stdout, sys.stderr

    def say(what: Mapping[str, Any]) -> None:
        print(json.dumps({**what, "strangers": strangers}), file=out, flush=True)
        strangers.clear()

    say(
        {
            "versions": {name: version(package) for name, (package, _) in protocols.items()},
            "calls": {name: list(calls) for name, (_, calls) in protocols.items()},
        }
    )
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            _, calls = protocols[asked["protocol"]]
            came = calls[asked["call"]](asked)
        except Exception as raised:  # noqa: BLE001 - whatever a client raises is the finding
            came = {
                "raised": type(raised).__name__,
                "classes": [cls.__name__ for cls in type(raised).__mro__],
                "status": getattr(raised, "status_code", None),
                "code": getattr(raised, "code", None),
                "retry_after": _headers(raised).get("retry-after"),
                "message": str(raised),
            }
        say(came)


def _headers(raised: Exception) -> Mapping[str, str]:
    """Return the headers of the answer that an error came of, where the error has them."""
    return getattr(getattr(raised, "response", raised), "headers", None) or {}


def _stay(event: str, values: tuple[Any, ...]) -> None:
    match event, values:
        case "socket.connect", (_, (str(host), *_)):
            pass
        case "socket.getaddrinfo", (str(host), *_):
            pass
        case _:
            return
    if host not in HERE:
        strangers.append(host)
        raise OSError(f"{host} is not on this machine")


sys.addaudithook(_stay)
