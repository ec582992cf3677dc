"""Importing the HTTP client without what it loads for itself and nobody here needs of it.

aiohttp reads the system's roots of trust twice when it is imported, which takes 60 to 200 ms
and 3 MB. Upstreams have contexts that are made when they are configured, from the roots of the
real environment (`adapters.backends.transport.tls_context`).

It loads zstd where it finds it, which is 0.7 MB. It undoes no compression here, and what does
loads zstd for the first body in it (`adapters.dialects.wire.coding`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_ROOTS = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_ZSTD = "backports.zstd"
"""Where Python has no zstd of its own: what it has, it loads for itself."""


@contextmanager
def http_client() -> Iterator[None]:
    """Hide the system's roots, and zstd, from whatever is imported within the block."""
    with _without_roots(), _without_zstd():
        yield


@contextmanager
def _without_roots() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _ROOTS}
    os.environ.update(dict.fromkeys(_ROOTS, os.devnull))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _without_zstd() -> Iterator[None]:
    if _ZSTD in sys.modules:
        yield
        return
    sys.modules[_ZSTD] = None  # type: ignore[assignment] # means "cannot be imported"
    try:
        yield
    finally:
        del sys.modules[_ZSTD]
