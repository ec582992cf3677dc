"""`python -m tests.benchmarks`: run, print, compare.

Ends with 1 if an answer was wrong or a ratio is worse than the stored one, else with 0.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec
import uvloop

from tests.benchmarks import pieces, report
from tests.benchmarks.client import Target
from tests.benchmarks.measures import faults, load_stored, rows, store
from tests.benchmarks.phases import PHASES
from tests.benchmarks.run import QUICK, Plan, Run, run
from tests.benchmarks.yardstick import loop_ms


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--quick", action="store_true", help="the phases that show a regression")
    parser.add_argument("--phases", help=f"some of {','.join(PHASES)}")
    parser.add_argument(
        "--pieces", action="store_true", help="only what the pieces of watching cost"
    )
    parser.add_argument("--secs", type=float, help="seconds of a phase that runs for a time")
    parser.add_argument("--store", action="store_true", help="write docs and the stored ratios")
    parser.add_argument("--json", type=Path, help="write everything measured to a file")
    parser.add_argument("--server", help="URL of a running server, in front of our upstream")
    parser.add_argument("--pid", type=int, default=0, help="its process")
    parser.add_argument("--key", default="", help="its client key")
    parser.add_argument("--upstream-port", type=int, default=0, help="where our upstream listens")
    return parser


def plan(options: argparse.Namespace) -> Plan:
    """Build the plan that the command line asks for."""
    base = QUICK if options.quick else Plan()
    server = (
        Target(url=options.server, pid=options.pid, key=options.key) if options.server else None
    )
    return msgspec.structs.replace(
        base,
        phases=tuple(options.phases.split(",")) if options.phases else base.phases,
        seconds=options.secs or base.seconds,
        server=server,
        upstream_port=options.upstream_port,
    )


def tell(done: Run, options: argparse.Namespace) -> bool:
    """Print and write what was measured; tell whether it is good."""
    found = rows(done, load_stored())
    parts = (report.machine(done), report.phases(done), report.shapes(done), report.summary(found))
    print(*filter(None, parts), sep="\n\n")
    wrong = faults(done)
    for name, errors in wrong.items():
        print(f"errors in {name}: {errors}")
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(done), indent=1))
    if options.store:
        store(found)
        report.PAGE.write_text(report.page(done, rows(done, {})))
    return not wrong and (options.store or not any(row.worse for row in found))


def main(words: list[str]) -> int:
    """Run from the command line; the exit code."""
    parser = arguments()
    options = parser.parse_args(words)
    unknown = set((options.phases or "c1").split(",")) - set(PHASES)
    if unknown:
        parser.error(f"no such phase: {', '.join(sorted(unknown))}")
    if options.pieces:
        print(report.pieces(pieces.measure(), loop_ms()))
        return 0
    return 0 if tell(uvloop.run(run(plan(options))), options) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
