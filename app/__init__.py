"""The composition root: knows everyone, known by no one."""

import sys

__version__ = "0.1.0"

_UNUSED = (
    # httpx imports its own command line, and with it rich, pygments and click, wherever these
    # happen to be installed: 70 ms of every start and 5 MB.
    "httpx._main",
    # Litestar tries its own plugin for OpenTelemetry wherever that is installed; traces are ours.
    "litestar.plugins.opentelemetry",
    # In C++, whose library takes 1 MB. aiohttp keeps such lists of who traces a session, which
    # nobody does, and there is the same in Python.
    "frozenlist._frozenlist",
    # YAML in C, for the OpenAPI of Litestar, which is switched off.
    "yaml._yaml",
)
"""What libraries import where it is there, and do without where it is not."""

for _name in _UNUSED:
    sys.modules.setdefault(_name, None)  # type: ignore[arg-type] # None means "cannot be imported"
