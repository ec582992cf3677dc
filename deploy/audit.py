"""`make audit`: the known vulnerabilities of everything that is locked.

Exit codes: 0 none, 1 some, 2 the database could not be asked about some of it. The last is no
success: of a package that it does not find, pip-audit says "no known vulnerabilities".
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
PIP_AUDIT = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"]
NPM_AUDIT = ["npm", "audit", "--json"]
NONE, SOME, UNASKED = 0, 1, 2
VERDICTS = {
    NONE: "No known vulnerabilities.",
    SOME: "There are known vulnerabilities.",
    UNASKED: "NOT CHECKED: the database of vulnerabilities did not answer for everything.",
}


class Unasked(Exception):
    """The database did not answer. The message says why."""


def main() -> int:
    """Ask about every lock, print what is known, and return the exit code."""
    codes = [_told(lock) for lock in sorted((CHECKOUT / "requirements").glob("*.txt"))]
    codes.append(_told(CHECKOUT / "tests" / "e2e" / "js" / "package-lock.json"))
    print(VERDICTS[max(codes)])
    return max(codes)


def of_python(output: str, errors: str) -> list[str]:
    """Read what pip-audit has written: a line for each vulnerability. Raises `Unasked`."""
    report = _decoded(output, errors)
    packages: list[dict[str, Any]] = report.get("dependencies", [])
    if skipped := [package["name"] for package in packages if "skip_reason" in package]:
        raise Unasked(f"nothing is known of {', '.join(skipped)}")
    if not packages:
        raise Unasked(_last_line(errors))
    return list(_python_lines(packages))


def of_npm(output: str, errors: str) -> list[str]:
    """Read what `npm audit` has written: a line for each vulnerable package. Raises `Unasked`."""
    report = _decoded(output, errors)
    if "auditReportVersion" not in report:
        raise Unasked(report.get("message") or _last_line(errors))
    found: dict[str, dict[str, Any]] = report["vulnerabilities"]
    return [f"{name} {entry['range']}: {entry['severity']}" for name, entry in found.items()]


def _told(lock: Path) -> int:
    """Ask about one lock, and print the answer."""
    name = lock.relative_to(CHECKOUT)
    try:
        lines = _ask(lock)
    except Unasked as why:
        print(f"{name}: not checked: {why}")
        return UNASKED
    for line in lines:
        print(f"{name}: {line}")
    return SOME if lines else NONE


def _ask(lock: Path) -> list[str]:
    if lock.suffix == ".json":
        return of_npm(*_run(NPM_AUDIT, lock.parent))
    words = [
        *PIP_AUDIT,
        "--progress-spinner",
        "off",
        "--format",
        "json",
        "--requirement",
        lock.name,
    ]
    return of_python(*_run(words, lock.parent))


def _run(words: list[str], folder: Path) -> tuple[str, str]:
    try:
        done = subprocess.run(words, cwd=folder, check=False, capture_output=True, text=True)  # noqa: S603 - our own words
    except FileNotFoundError as error:
        raise Unasked(f"{words[0]} is missing") from error
    return done.stdout, done.stderr


def _decoded(output: str, errors: str) -> dict[str, Any]:
    try:
        report = json.loads(output)
    except ValueError as error:
        raise Unasked(_last_line(errors)) from error
    return report if isinstance(report, dict) else {}


def _python_lines(packages: list[dict[str, Any]]) -> Iterator[str]:
    for package in packages:
        for known in package["vulns"]:
            fixed = ", ".join(known["fix_versions"]) or "no version yet"
            yield f"{package['name']} {package['version']}: {known['id']}, fixed in {fixed}"


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2] or "no answer"


if __name__ == "__main__":
    sys.exit(main())
