"""The scripted upstream, itself under test here."""

from __future__ import annotations

from tests.upstream.fixtures import upstream

__all__ = ["upstream"]
