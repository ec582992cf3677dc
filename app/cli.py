"""The command `llamaport`.

Data goes to stdout, talk to stderr. Exit codes: 0 fine, 1 failed, 2 wrong usage or settings.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import hashlib
import os
import secrets
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from app import __version__
from app.settings import Loaded, SettingsError, describe, load

FINE, FAILED, WRONG = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except SettingsError as error:
        _talk(str(error))
        return WRONG
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return FINE


def _serve(arguments: argparse.Namespace) -> int:
    # What is loaded and built stays, and looking through it again and again for what could go is a
    # fifth of a start. `serve` begins to collect once all of it is there.
    gc.disable()
    # Serving needs everything else; the other commands start faster without.
    from adapters.observability.metrics.sharing import CannotShare  # noqa: PLC0415
    from app.serve import CannotListen, Start, serve  # noqa: PLC0415
    from app.telemetry import logs, otlp  # noqa: PLC0415

    overrides = _overrides(arguments)
    loaded = _load(arguments)
    if arguments.reload and loaded.settings.server.workers > 1:
        _talk("llamaport: --reload serves with one worker; leave out --workers")
        return WRONG
    try:
        otlp.check(loaded.settings.telemetry, os.environ)
        logs.configure(loaded.settings.logging, content=loaded.settings.telemetry.capture_content)
    except otlp.CannotExport as error:
        _talk(f"llamaport: {error}")
        return WRONG
    except OSError as error:
        _talk(f"llamaport: logging.file: cannot be written: {error.strerror or error}")
        return WRONG
    for warning in loaded.warnings:
        logs.warn(warning)
    signal.signal(signal.SIGTERM, _leave)
    try:
        serve(
            loaded.settings,
            Start(config=arguments.config, overrides=overrides),
            reload=arguments.reload,
        )
    except (CannotListen, CannotShare, otlp.CannotExport) as error:
        _talk(f"llamaport: {error}")
        return FAILED
    return FINE


def _check(arguments: argparse.Namespace) -> int:
    loaded = _load(arguments)
    for warning in loaded.warnings:
        _talk(f"warning: {warning}")
    rows = describe(loaded)
    online = asyncio.run(_ask_backends(loaded)) if arguments.online else {}
    if arguments.json:
        _print_json(
            {
                "settings": [msgspec.structs.asdict(row) for row in rows],
                **({"backends": online} if arguments.online else {}),
            }
        )
    else:
        width = max(len(f"{row.key} = {row.value}") for row in rows)
        for row in rows:
            print(f"{f'{row.key} = {row.value}':<{min(width, 72)}}  # {row.source}")
        for name, answer in online.items():
            print(f"backend {name}: {answer['error'] or str(answer['models']) + ' models'}")
    return FAILED if any(answer["error"] for answer in online.values()) else FINE


def _models(arguments: argparse.Namespace) -> int:
    from app.inspection import listed  # noqa: PLC0415
    from app.telemetry import logs  # noqa: PLC0415

    logs.silence()
    rows, problems = asyncio.run(listed(_load(arguments).settings))
    if arguments.json:
        _print_json(rows)
    else:
        width = max((len(row["name"]) for row in rows), default=0)
        for row in rows:
            print(f"{row['name']:<{width}}  {row['backend']}/{row['model']}")
    for problem in problems:
        _talk(problem)
    return FAILED if problems else FINE


def _create_key(arguments: argparse.Namespace) -> int:
    key = f"lp-{secrets.token_urlsafe(32)}"
    digest = hashlib.sha256(key.encode()).hexdigest()
    if arguments.json:
        _print_json({"key": key, "key_sha256": digest})
    else:
        print(key)
        _talk(
            f'For the configuration, where the key itself need not stand: key_sha256 = "{digest}"'
        )
    return FINE


async def _ask_backends(loaded: Loaded) -> dict[str, dict[str, Any]]:
    from app.inspection import catalogs_found  # noqa: PLC0415
    from app.telemetry import logs  # noqa: PLC0415

    logs.silence()
    return await catalogs_found(loaded.settings)


def _load(arguments: argparse.Namespace) -> Loaded:
    config = Path(arguments.config) if arguments.config else None
    return load(_overrides(arguments), os.environ, Path.cwd(), config=config)


def _overrides(arguments: argparse.Namespace) -> dict[str, Any]:
    """Collect the flags that were given, by the setting that each one sets."""
    flags = {
        "server.host": "host",
        "server.port": "port",
        "server.workers": "workers",
        "logging.level": "log_level",
    }
    given = {key: getattr(arguments, flag, None) for key, flag in flags.items()}
    return {key: value for key, value in given.items() if value is not None}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="llamaport", description="Ollama, OpenAI and Anthropic clients, any backend."
    )
    parser.add_argument("--version", action="version", version=f"llamaport {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = _command(commands, "serve", _serve, "serve until stopped")
    serve.add_argument("--host", help="address to listen on")
    serve.add_argument("--port", type=int, help="port to listen on; 0 lets the system choose")
    serve.add_argument("--workers", type=int, help="processes that share the port")
    serve.add_argument("--log-level", help="TRACE, DEBUG, INFO, WARNING, ERROR or CRITICAL")
    serve.add_argument("--reload", action="store_true", help="start anew when the code changes")

    check = _command(commands, "check", _check, "show the settings and where they come from")
    check.add_argument("--online", action="store_true", help="ask each backend for its models")
    check.add_argument("--json", action="store_true", help="print JSON")

    models = _command(commands, "models", _models, "show what clients would see")
    models.add_argument("--json", action="store_true", help="print JSON")

    keys = commands.add_parser("keys", help="client keys").add_subparsers(
        required=True, metavar="COMMAND"
    )
    create = keys.add_parser("create", help="make a new client key")
    create.add_argument("--json", action="store_true", help="print JSON")
    create.set_defaults(run=_create_key)
    return parser


def _command(commands: Any, name: str, run: Any, what: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=what)
    parser.add_argument("--config", metavar="PATH", help="configuration file (llamaport.toml)")
    parser.set_defaults(run=run)
    return parser


def _leave(_number: int, _frame: object) -> NoReturn:
    # uvicorn has served what was running and passes the signal on: this is a good end.
    raise SystemExit(FINE)


def _print_json(value: object) -> None:
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def _talk(line: str) -> None:
    print(line, file=sys.stderr)
