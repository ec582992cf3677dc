"""The health check of the image: exits with 0 if the server in this container takes requests.

It asks by itself, past any proxy that the environment names, and needs no curl.
"""

from __future__ import annotations

import os
import sys
from http.client import HTTPConnection, HTTPException

HTTP_OK = 200
TIMEOUT_SECONDS = 2.0


def ready() -> bool:
    """Ask `/health/ready` at the port that the server was told."""
    port = os.environ.get("LLAMAPORT_SERVER__PORT") or os.environ.get("PORT") or "11434"
    connection = HTTPConnection("127.0.0.1", int(port), timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == HTTP_OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not ready())
