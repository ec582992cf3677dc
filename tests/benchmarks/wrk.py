"""The same closed loop by `wrk`, for plain answers: it takes less of the core it shares."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.benchmarks.client import Target
from tests.benchmarks.load import Result, Spread
from tests.benchmarks.payloads import FLAT, expected
from tests.benchmarks.processes import Meter, settled

SCRIPT = Path(__file__).with_name("wrk.lua")
FAULTS = ("wrong", "connect", "read", "write", "timeout")


class Report(Struct):
    """What the script prints at its end."""

    requests: int
    microseconds: int
    wrong: int
    connect: int
    read: int
    write: int
    timeout: int
    mean: float
    p50: float
    p95: float
    p99: float


def available() -> bool:
    """Tell whether `wrk` is installed here."""
    return shutil.which("wrk") is not None


async def run(
    target: Target, path: str, body: bytes, *, concurrency: int, seconds: float
) -> Result:
    """Put load on a server for a number of whole seconds, one at least."""
    # The end of the text, in characters that no encoder escapes.
    end = expected(path, FLAT, streamed=False)[-1][-12:]
    whole = max(1, round(seconds))
    words = ["-t1", f"-c{concurrency}", f"-d{whole}s", "--timeout", "30s", "-s", str(SCRIPT)]
    with tempfile.NamedTemporaryFile(suffix=".json") as file, Meter(target.pid) as meter:
        file.write(body)
        file.flush()
        given = {"WRK_BODY": file.name, "WRK_EXPECTED": end, "WRK_KEY": target.key}
        process = await asyncio.create_subprocess_exec(
            "wrk",
            *words,
            f"{target.url}{path}",
            env=dict(os.environ) | given,
            stdout=asyncio.subprocess.PIPE,
        )
        printed, _ = await process.communicate()
    await settled(target.pid)
    return _result(msgspec.json.decode(printed.rpartition(b"\nJSON")[2], type=Report), meter)


def _result(report: Report, meter: Meter) -> Result:
    faults = {name: getattr(report, name) for name in FAULTS}
    return Result(
        answers=report.requests - report.wrong,
        errors={name: number for name, number in faults.items() if number},
        events=report.requests - report.wrong,
        seconds=report.microseconds / 1e6,
        cpu_seconds=meter.cpu_seconds,
        latency=Spread(mean=report.mean, p50=report.p50, p95=report.p95, p99=report.p99),
        first=Spread(mean=0, p50=0, p95=0, p99=0),
    )
