"""Starting without certificates that nobody uses."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from app import roots

SCRIPT = """
from app import roots
with roots.unread():
    from aiohttp import connector
assert connector._SSL_CONTEXT_VERIFIED.cert_store_stats()["x509_ca"] == 0
from adapters.backends.transport import tls_context
assert tls_context(True).cert_store_stats()["x509_ca"] > 0
"""


def test_the_http_client_reads_no_roots_and_upstreams_have_theirs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("before", ["/some/roots.pem", None])
def test_the_environment_is_as_it_was_behind_it(before, monkeypatch) -> None:
    if before is None:
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    else:
        monkeypatch.setenv("SSL_CERT_FILE", before)

    with roots.unread():
        hidden = os.environ["SSL_CERT_FILE"]

    assert hidden == os.devnull
    assert os.environ.get("SSL_CERT_FILE") == before
