"""Importing the HTTP client without the certificates that it reads for contexts of its own.

aiohttp reads the system's roots of trust twice when it is imported, which takes 60 to 200 ms
and 3 MB. Upstreams have contexts that are made when they are configured, from the roots of the
real environment (`adapters.backends.transport.tls_context`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_NAMES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@contextmanager
def unread() -> Iterator[None]:
    """Hide the system's roots from whatever is imported within the block."""
    before = {name: os.environ.get(name) for name in _NAMES}
    os.environ.update(dict.fromkeys(_NAMES, os.devnull))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
