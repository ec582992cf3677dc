"""What a single value cannot tell: whether the settings fit together, and fit this machine."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path as FilePath
from urllib.parse import urlsplit

from adapters.backends.config import HttpBackendConfig
from adapters.backends.openai_compatible.config import OpenAIDialectConfig
from app.settings.paths import Path, written
from app.settings.problems import Report, nearest
from app.settings.tree import BackendConfig, KeyConfig, Server
from ports.raw import OPENAI

Backends = Mapping[Path, BackendConfig]
Keys = Mapping[Path, KeyConfig]


def check_names(rows: Backends | Keys, report: Report) -> None:
    """Names are unique, as metrics, logs and routing tell by them who is meant.

    Clients may write those of backends in any case.
    """
    seen: dict[str, Path] = {}
    for path, row in rows.items():
        name = row.name if isinstance(row, KeyConfig) else row.name.casefold()
        first = seen.setdefault(name, path)
        if first is not path:
            report.add((*path, "name"), f'found "{row.name}", which {written(first)} has already')


def check_keys(keys: Keys, report: Report) -> None:
    """Each entry has one key, in one of two forms, and no other entry has the same."""
    seen: dict[str, Path] = {}
    for path, entry in keys.items():
        if report.touches((*path, "key"), (*path, "key_sha256")):
            continue
        if bool(entry.key) == bool(entry.key_sha256):
            found = "both" if entry.key else "neither, or an empty one"
            report.add(path, f"found {found}, allowed exactly one of key and key_sha256")
            continue
        digest = entry.key_sha256.reveal() or sha256(entry.key.reveal().encode()).hexdigest()
        first = seen.setdefault(digest, path)
        if first is not path:
            report.add(path, f"the same key as {written(first)}")


def check_exposure(server: Server, keys: Keys, report: Report) -> None:
    """Whoever lets others connect either asks them for a key or says that it is meant so."""
    related = (("server", "host"), ("server", "allow_anonymous"), ("keys",))
    if keys or server.allow_anonymous or is_loopback(server.host) or report.touches(*related):
        return
    report.add(
        ("server", "host"),
        f'found "{server.host}", which others can reach without a key; '
        "set LLAMAPORT_API_KEY or add [[keys]], or else set server.allow_anonymous = true",
    )


def check_loop(server: Server, backends: Backends, report: Report) -> None:
    """No backend is this very listener."""
    for path, config in backends.items():
        if isinstance(config, HttpBackendConfig) and _is_own(config.base_url, server):
            report.add((*path, "base_url"), "this is the address llamaport itself listens on")


def check_default_backend(name: str, backends: Backends, report: Report) -> None:
    """There is such a backend, and it takes what is passed on."""
    if not name:
        return
    found = {config.name: config for config in backends.values()}
    config = found.get(name)
    if config is None:
        report.add(_DEFAULT, f'found "{name}", which no backend is called; {nearest(name, found)}')
    elif not isinstance(config, OpenAIDialectConfig) or OPENAI not in config.dialects:
        report.add(_DEFAULT, f'found "{name}", which is not relayed to in OpenAI\'s dialect')


_DEFAULT: Path = ("routing", "default_backend")


def check_certificates(backends: Backends, cwd: FilePath, report: Report) -> None:
    """A CA bundle is there and has certificates in it."""
    for path, config in backends.items():
        if isinstance(config, HttpBackendConfig) and isinstance(config.tls_verify, str):
            try:
                ssl.create_default_context(cafile=cwd / config.tls_verify)
            except (OSError, ValueError) as error:
                reason = _why(error)
                report.add((*path, "tls_verify"), f"found a path that cannot be used: {reason}")


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address or name."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _why(error: OSError | ValueError) -> str:
    match error:
        case ssl.SSLError():
            return "no certificates"
        case OSError():
            return error.strerror or "no reason given"
        case _:
            return "no path"


def _is_own(base_url: str, server: Server) -> bool:
    url = urlsplit(base_url)
    host = url.hostname or ""
    if (url.port or (443 if url.scheme == "https" else 80)) != server.port:
        return False
    everywhere = server.host in {"0.0.0.0", "::"}  # noqa: S104 - recognised here, not bound
    local = is_loopback(host) or host in {socket.gethostname().lower(), "0.0.0.0", "::"}  # noqa: S104
    return host == server.host or (local and (everywhere or is_loopback(server.host)))
