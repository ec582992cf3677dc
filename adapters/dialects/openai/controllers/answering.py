"""What the handlers of every subject share."""

from __future__ import annotations

from litestar import HttpMethod

JSON = ((b"content-type", b"application/json"),)

READ = (HttpMethod.GET, HttpMethod.HEAD)
