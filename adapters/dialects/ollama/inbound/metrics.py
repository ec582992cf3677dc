"""The six figures at the end of an answer (docs/wire/dialects.md 2.7, ollama-api.md 3.4)."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from ports.chat import Timing, Usage


class Moments(Struct, frozen=True, kw_only=True, gc=False):
    """When things happened: one wall time, the others monotonic, all in nanoseconds.

    `first_ns` is `None` where the answer came in one piece: then all the time is its own.
    """

    created_at_ns: int
    started_ns: int
    finished_ns: int
    first_ns: int | None = None


class Metrics(Struct, frozen=True, kw_only=True, gc=False):
    """Durations in nanoseconds, always there: some clients index them. Counts may be unknown."""

    total_duration: int
    load_duration: int
    prompt_eval_count: int | UnsetType
    prompt_eval_duration: int
    eval_count: int | UnsetType
    eval_duration: int


def measure(usage: Usage, timing: Timing, moments: Moments) -> Metrics:
    """Take the upstream's own clock where it showed it, else ours.

    The prompt took until the first token, the answer from there on, and at least 1 ns
    because clients divide by it. The total is never less than its parts.
    """
    first = moments.started_ns if moments.first_ns is None else moments.first_ns
    load = _known(timing.load_ns, 0)
    prompt = _known(timing.prompt_ns, first - moments.started_ns)
    answer = max(1, _known(timing.completion_ns, moments.finished_ns - first))
    return Metrics(
        total_duration=max(moments.finished_ns - moments.started_ns, load + prompt + answer),
        load_duration=load,
        prompt_eval_count=usage.prompt_tokens or UNSET,
        prompt_eval_duration=prompt,
        eval_count=usage.completion_tokens or UNSET,
        eval_duration=answer,
    )


def _known(upstream_ns: int | None, ours_ns: int) -> int:
    return max(0, ours_ns if upstream_ns is None else upstream_ns)
