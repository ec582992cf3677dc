"""Stop strings that an upstream does not take, watched for on our side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from ports.chat import TokenLogprob
from ports.errors import InvalidRequest

MAX_STOPS = 256
"""How many are watched for: each of them looks at every character of the answer."""


class StopStrings:
    """Lets text through up to the first stop string in it.

    What may be the beginning of one is held back, and nothing else. Where several end at once
    the longest counts. Raises `InvalidRequest` for more than `MAX_STOPS` of them.
    """

    __slots__ = ("_held", "_seekers", "found", "hit")

    def __init__(self, stops: Sequence[str]) -> None:
        if len(stops) > MAX_STOPS:
            raise InvalidRequest(f"too many stop strings: at most {MAX_STOPS} can be watched for")
        self._seekers = [_Seeker(stop) for stop in stops]
        self._held = ""
        self.hit = False
        """Whether one was found: then no more text comes."""
        self.found = 0
        """How long it was."""

    def feed(self, text: str) -> str:
        """Take the next piece, return what is certainly before any stop string."""
        if self.hit:
            return ""
        ends = [
            (end, -len(seeker.stop))
            for seeker in self._seekers
            if (end := seeker.feed(text)) is not None
        ]
        whole = self._held + text
        if ends:
            self.hit = True
            end, length = min(ends)
            self.found = -length
            start = len(self._held) + end - self.found
            self._held = ""
            return whole[:start]
        kept = max(seeker.matched for seeker in self._seekers)
        self._held = whole[len(whole) - kept :]
        return whole[: len(whole) - kept]

    def finish(self) -> str:
        """Return what was held back: part of a stop string that never became one."""
        held, self._held = self._held, ""
        return held


def cut(
    text: str, logprobs: tuple[TokenLogprob, ...], stops: Sequence[str]
) -> tuple[str, tuple[TokenLogprob, ...], bool]:
    """Cut a whole answer as a stream of it would have been, and tell whether that was needed."""
    if not stops:
        return text, logprobs, False
    watch = StopStrings(stops)
    before = watch.feed(text)
    if not watch.hit:
        return text, logprobs, False
    # The tokens of the stop string itself are told, as they are in a stream.
    starts = accumulate((len(entry.token) for entry in logprobs), initial=0)
    until = len(before) + watch.found
    told = tuple(entry for entry, start in zip(logprobs, starts, strict=False) if start < until)
    return before, told, True


class _Seeker:
    """Looks for one string in text that comes in pieces, at each character once.

    This is the way of Knuth, Morris and Pratt. The borders are worked out only as far as the
    string was ever matched, so a huge one costs nothing.
    """

    __slots__ = ("_borders", "matched", "stop")

    def __init__(self, stop: str) -> None:
        self.stop = stop
        self.matched = 0
        """How many characters of `stop` the text so far ends with."""
        self._borders = [0, 0]
        """By length: how long the longest end of so much of `stop` is that it begins with."""

    def feed(self, text: str) -> int | None:
        """Return behind which character of `text` the string is complete, if it is."""
        stop, at = self.stop, 0
        while at < len(text):
            if not self.matched:
                at = text.find(stop[0], at)
                if at < 0:
                    return None
            while self.matched and stop[self.matched] != text[at]:
                self.matched = self._borders[self.matched]
            if stop[self.matched] == text[at]:
                self._match()
            at += 1
            if self.matched == len(stop):
                return at
        return None

    def _match(self) -> None:
        stop, borders, length = self.stop, self._borders, self.matched
        self.matched = length + 1
        if length and len(borders) == self.matched:
            border = borders[length]
            while border and stop[border] != stop[length]:
                border = borders[border]
            borders.append(border + 1 if stop[border] == stop[length] else 0)
