"""What docs/compatibility.md says of the replays, word for word."""

from __future__ import annotations

from collections.abc import Iterator

from tests.integration.golden.differences import Reasons
from tests.integration.golden.differing import DIFFERING, score
from tests.integration.golden.recordings import FILES, NATIVE, recordings
from tests.integration.golden.relay import OTHERWISE, relayable


def counts(file: str) -> str:
    """Write how much of a file goes as recorded."""
    counted = score(file)
    return (
        f"Of {counted.all} recorded exchanges a gateway can answer {counted.possible}; "
        f"{counted.same} of these ({counted.percentage} %) go as recorded."
    )


def relayed() -> str:
    """Write how much comes through from an Ollama server."""
    replayed = relayable()
    errors = sum(recorded.response["status"] >= 400 for recorded in replayed)
    others = sum(map(len, OTHERWISE.values()))
    return (
        f"Of {len(replayed)} exchanges, {errors} of them errors, "
        f"{len(replayed) - others} come through so, {others} do not:"
    )


def sections() -> Iterator[str]:
    """Write each list of differences, every exchange by its name."""
    for file in FILES:
        yield _listed(file, DIFFERING[file].beyond)
        yield _listed(file, DIFFERING[file].decided)
    yield _listed(NATIVE, OTHERWISE)


def _listed(file: str, reasons: Reasons) -> str:
    return "\n".join(line for item in reasons.items() for line in _lines(file, *item))


def _lines(file: str, reason: str, names: tuple[str, ...]) -> Iterator[str]:
    yield f"- {reason} ({len(names)}):"
    by_group: dict[str, list[str]] = {}
    for name in names:
        group = recordings(file)[name].group
        by_group.setdefault(group, []).append(name.removeprefix(f"{group}: "))
    for group, short in by_group.items():
        yield f"  - {group}: {'; '.join(short)}"
