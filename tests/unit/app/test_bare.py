"""Starting without certificates that nobody uses, and without zstd that nobody has sent."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import tests.zstd
from app import bare

ROOTS = """
from app import bare
with bare.http_client():
    from aiohttp import connector
assert connector._SSL_CONTEXT_VERIFIED.cert_store_stats()["x509_ca"] == 0
from adapters.backends.transport import tls_context
assert tls_context(True).cert_store_stats()["x509_ca"] > 0
"""

ZSTD = """
import sys
from app import bare
with bare.http_client():
    import aiohttp
    from adapters.dialects.wire.coding import Decompression
assert sys.version_info >= (3, 14) or not any("zstd" in name for name in sys.modules)
from tests.zstd import compress
body = Decompression("zstd")
body.feed(compress(b"text"))
assert body.take() == b"text"
"""


@pytest.mark.parametrize("script", [ROOTS, ZSTD], ids=["roots", "zstd"])
def test_the_http_client_loads_none_and_who_needs_it_has_it(script: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("before", ["/some/roots.pem", None])
def test_the_environment_is_as_it_was_behind_it(before, monkeypatch) -> None:
    if before is None:
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    else:
        monkeypatch.setenv("SSL_CERT_FILE", before)

    with bare.http_client():
        hidden = os.environ["SSL_CERT_FILE"]

    assert hidden == os.devnull
    assert os.environ.get("SSL_CERT_FILE") == before


def test_zstd_that_is_loaded_stays() -> None:
    name = type(tests.zstd.CompressionParameter.checksum_flag).__module__
    loaded = sys.modules[name]

    with bare.http_client():
        within = sys.modules[name]

    assert within is sys.modules[name] is loaded
