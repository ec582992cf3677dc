"""The scripted upstream for every test of this folder."""

from tests.upstream.fixtures import upstream

__all__ = ["upstream"]
