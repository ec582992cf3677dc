"""The composition root: knows everyone, known by no one."""

import sys

__version__ = "0.1.0"

# httpx imports its own command line, and with it rich, pygments and click, wherever these
# happen to be installed. We never run it: 70 ms of every start and 5 MB would be for nothing.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type] # None means "cannot be imported"

# Litestar tries its own plugin for OpenTelemetry wherever that is installed; traces are ours.
sys.modules.setdefault("litestar.plugins.opentelemetry", None)  # type: ignore[arg-type] # the same
