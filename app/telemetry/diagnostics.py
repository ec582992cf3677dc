"""What OpenTelemetry's libraries say of their own work: nothing, unless OTEL_LOG_LEVEL asks for it.

Their lines quote what they were given, keys in headers and addresses too, so they go to the log by
a way of their own. Nothing of OpenTelemetry is imported here.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

from loguru import logger

from adapters.dialects.upstreams.scrub import scrub
from adapters.observability.masking import MASK

NAME = "OTEL_LOG_LEVEL"
SILENT = logging.CRITICAL + 1
LEVELS = {
    "none": SILENT,
    "fatal": logging.CRITICAL,
    "error": logging.ERROR,
    "warn": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
    "trace": logging.DEBUG,
}
_ALSO = {"off": "none", "critical": "fatal", "warning": "warn", "verbose": "debug", "all": "trace"}
"""What OpenTelemetry's libraries for other languages call them: the specification names none."""

_SHORTEST = 4
"""Characters of a secret: less would be found in any line."""


def level_of(environ: Mapping[str, str]) -> int:
    """Return the least level that is wanted. Raises `ValueError`, one line."""
    asked = environ.get(NAME, "").strip().lower() or "none"
    level = LEVELS.get(_ALSO.get(asked, asked))
    if level is None:
        raise ValueError(f"{NAME}: one of {', '.join(LEVELS)} is expected")
    return level


def listen(level: int, secrets: Iterable[str]) -> None:
    """Log their lines from that level on, without these secrets and all that looks like one."""
    theirs = logging.getLogger("opentelemetry")
    theirs.setLevel(level)
    theirs.handlers[:] = [_Scrubbed(secrets)]
    theirs.propagate = False
    # It tells of each connection, with whole addresses.
    logging.getLogger("urllib3").setLevel(SILENT)


def secrets_of(headers: Iterable[str], addresses: Iterable[str]) -> Iterator[str]:
    """Find what is secret in lists like `name=value,name=value`, and in addresses."""
    for pair in ",".join(headers).split(","):
        value = pair.partition("=")[2].strip() or pair.strip()
        yield value
        yield unquote(value)
    for address in addresses:
        yield from _in_address(address)


def _in_address(address: str) -> Iterator[str]:
    try:
        parts = urlsplit(address)
    except ValueError:
        return  # nothing is sent there
    yield parts.query
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        # Without a value the name may be the secret.
        yield value or name
    yield parts.password or ""
    yield unquote(parts.password or "")


class _Scrubbed(logging.Handler):
    """Hands lines to the log. Of an exception its type is told, since its words may be anything."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        found = {secret for secret in secrets if len(secret) >= _SHORTEST}
        # The longer one first: another may be a part of it.
        self._secrets = sorted(found, key=len, reverse=True)

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        if record.exc_info and record.exc_info[0]:
            text = f"{text} ({record.exc_info[0].__qualname__})"
        logger.bind(logger=record.name).log(record.levelname, "{}", scrub(text))
