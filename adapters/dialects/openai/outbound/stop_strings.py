"""Stop strings that an upstream does not take, watched for on our side."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

from ports.chat import TokenLogprob
from ports.errors import InvalidRequest

MAX_STOPS = 256
"""How many are watched for."""

MAX_LENGTH = 16 * 1024
"""How many characters they may have together: in the worst case each of them costs something."""


class _Node:
    """A beginning that some of the stop strings share, by where they stand in sorted order."""

    __slots__ = ("found", "high", "length", "low", "shorter", "steps")

    def __init__(self, low: int, high: int, length: int, shorter: _Node | None, found: int) -> None:
        self.low = low
        self.high = high
        self.length = length
        self.shorter = shorter
        """The longest end of this beginning that is a beginning, too."""
        self.found = found
        """How long the longest stop string is that it ends with, 0 for none."""
        self.steps: dict[str, _Node] = {}
        """By the character that comes next: what the text ends with then."""


class StopStrings:
    """Lets text through up to the first stop string in it.

    What may be the beginning of one is held back, and nothing else. Where several end at once
    the longest counts. Raises `InvalidRequest` for more than `MAX_STOPS` of them, or more than
    `MAX_LENGTH` characters in them.

    All are looked for at once, in the way of Aho and Corasick: a character costs the same
    however many there are. Steps are worked out when the text first takes them.
    """

    __slots__ = ("_at", "_first", "_held", "_root", "_stops", "found")

    def __init__(self, stops: Sequence[str]) -> None:
        if len(stops) > MAX_STOPS:
            raise InvalidRequest(f"too many stop strings: at most {MAX_STOPS} can be watched for")
        if sum(map(len, stops)) > MAX_LENGTH:
            words = f"at most {MAX_LENGTH} characters of them can be watched for"
            raise InvalidRequest(f"the stop strings are too long: {words}")
        self._stops = sorted(stops)
        self._first = re.compile("|".join(re.escape(it) for it in sorted({s[0] for s in stops})))
        self._root = self._at = _Node(0, len(stops), 0, None, 0)
        self._held = ""
        self.found = ""
        """The one that was found: then no more text comes."""

    def feed(self, text: str) -> str:
        """Take the next piece, return what is certainly before any stop string."""
        if self.found:
            return ""
        end = self._seek(text)
        whole = self._held + text
        if end is None:
            start = len(whole) - self._at.length
            self._held = whole[start:]
            return whole[:start]
        whole = whole[: len(self._held) + end]
        start = len(whole) - self._at.found
        self.found, self._held = whole[start:], ""
        return whole[:start]

    def _seek(self, text: str) -> int | None:
        """Return behind which character the first stop string is complete, if one is."""
        node, root, at = self._at, self._root, 0
        while at < len(text) and not node.found:
            if node is root:
                # Most text begins no stop string: that is for faster hands.
                first = self._first.search(text, at)
                if first is None:
                    break
                at = first.start()
            node = node.steps.get(text[at]) or self._step(node, text[at])
            at += 1
        self._at = node
        return at if node.found else None

    def _step(self, node: _Node, character: str) -> _Node:
        """Work out where a character leads, first from the shorter beginnings."""
        unknown = []
        at: _Node | None = node
        while at is not None and character not in at.steps:
            unknown.append(at)
            at = at.shorter
        target = self._root if at is None else at.steps[character]
        for at in reversed(unknown):
            target = at.steps[character] = self._longer(at, character, target) or target
        return target

    def _longer(self, node: _Node, character: str, shorter: _Node) -> _Node | None:
        """Return the beginning that is longer by a character, if any stop string goes on so."""
        length = node.length

        def following(stop: str) -> str:
            return stop[length : length + 1]

        low = bisect_left(self._stops, character, node.low, node.high, key=following)
        high = bisect_right(self._stops, character, low, node.high, key=following)
        if low == high:
            return None
        whole = len(self._stops[low]) == length + 1
        return _Node(low, high, length + 1, shorter, length + 1 if whole else shorter.found)

    def finish(self) -> str:
        """Return what was held back: part of a stop string that never became one."""
        held, self._held = self._held, ""
        return held


def cut(
    text: str, logprobs: tuple[TokenLogprob, ...], stops: Sequence[str]
) -> tuple[str, tuple[TokenLogprob, ...], str]:
    """Cut a whole answer as a stream of it would have been, and tell what stopped it, if that."""
    if not stops:
        return text, logprobs, ""
    watch = StopStrings(stops)
    before = watch.feed(text)
    if not watch.found:
        return text, logprobs, ""
    # The tokens of the stop string itself are told, as they are in a stream.
    starts = accumulate((len(entry.token) for entry in logprobs), initial=0)
    until = len(before) + len(watch.found)
    told = tuple(entry for entry, start in zip(logprobs, starts, strict=False) if start < until)
    return before, told, watch.found
