"""Events that differ from an earlier one in nothing but a text.

Nearly all events of a stream do: between the quotes of one member stands another piece of the
answer, and all else is the same, byte for byte. Such an event is known without being read.
"""

from __future__ import annotations

from msgspec.json import Decoder

from adapters.dialects.wire.escaping import splits

_QUOTE, _ESCAPE = b'"', b"\\"
_SPACE, _TILDE = b" ~"
_SPECIAL = bytes(
    byte for byte in range(256) if byte < _SPACE or byte in _QUOTE + _ESCAPE or byte > _TILDE
)
"""What ends a string, is escaped, is no JSON inside one, or has to be looked at."""

_STRING = Decoder(str)


class Alike:
    """Recognises events that are like one that was read.

    `key` is what stands before the text (`"content":"`). A key with its quotes can only be one:
    inside a string they would be escaped.
    """

    __slots__ = (
        *("_around", "_before", "_behind", "_between", "_changed", "_end", "_instead", "_key"),
        *("_start", "ready"),
    )

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._before = self._behind = self._between = self._instead = b""
        self._around = self._start = self._end = 0
        self._changed = False
        self.ready = False
        """Whether an event was read that others may be like."""

    def learn(self, event: bytes, passed: bytes) -> None:
        """Take a whole event, its end included, and what of it went on."""
        start = event.find(self._key) + len(self._key)
        end = event.find(_QUOTE, start)
        if event.count(self._key) != 1 or end < 0 or _ESCAPE in event[start:end]:
            return
        instead = passed[: len(passed) - len(event) + start]
        if instead + event[start:] != passed:
            return
        self._before, self._behind = event[:start], event[end:]
        self._between = self._behind + self._before
        self._start, self._end = start, end - len(event)
        self._around = start + len(event) - end
        self._instead = instead
        self._changed = passed != event
        self.ready = True

    def begins(self, data: bytes, start: int) -> bool:
        """Tell whether what stands there begins like the event that was read."""
        return self.ready and data.startswith(self._before, start)

    def texts(self, data: bytes) -> tuple[str, bytes]:
        """Return the joined texts of the events that `data` begins with, and what is left of it."""
        if text := self._only(data):
            return text.decode(), b""
        texts, rest = self._run(data)
        if not texts:
            return "", data
        whole = b"".join(texts)
        if _are_plain(whole):
            return whole.decode(), rest
        # Decoded as one string. What one of them begins, another must not complete.
        if any(text.endswith(_ESCAPE) for text in texts):
            return "", data
        try:
            return _STRING.decode(b'"%b"' % whole), rest
        except (ValueError, RecursionError):
            return "", data

    def passed(self, data: bytes) -> tuple[bytes, bytes]:
        """Return what goes on of the events that `data` begins with, and what is left of it."""
        if text := self._only(data):
            return (self._instead + text + self._behind if self._changed else data), b""
        texts, rest = self._run(data)
        if not texts or not (_are_plain(b"".join(texts)) or all(map(_is_string, texts))):
            return b"", data
        if not self._changed:
            return data[: len(data) - len(rest)], rest
        behind = self._behind
        return self._instead + (behind + self._instead).join(texts) + behind, rest

    def _only(self, data: bytes) -> bytes:
        """Return the text of the one event that there is, if nothing in it has to be looked at."""
        # By far the most common read.
        text = data[self._start : self._end]
        if (
            data.startswith(self._before)
            and data.endswith(self._behind)
            and len(text) + self._around == len(data)
            and len(text.translate(None, _SPECIAL)) == len(text)
        ):
            return text
        return b""

    def _run(self, data: bytes) -> tuple[list[bytes], bytes]:
        """Return what stands between the quotes of such events, looked at by nobody yet."""
        before, behind = self._before, self._behind
        if not self.begins(data, 0):
            return [], data
        texts = data[len(before) :].split(self._between)
        # Behind the last of them stands the end of its event, and whatever else has come.
        last, end, rest = texts.pop().partition(behind)
        if end:
            texts.append(last)
            return texts, rest
        return (texts, before + last) if texts else ([], data)


def _are_plain(texts: bytes) -> bool:
    """Tell whether they hold nothing that has to be looked at, as most do."""
    return len(texts.translate(None, _SPECIAL)) == len(texts)


def _is_string(text: bytes) -> bool:
    """Tell whether it is what stands between the quotes of one string, and a line to everybody."""
    try:
        return not splits(_STRING.decode(b'"%b"' % text))
    except (ValueError, RecursionError):
        return False
