"""Values of members that mean nothing to any dialect, as JSON or as what only looks like it."""

from __future__ import annotations

ODD: dict[str, bytes] = {
    "null": b"null",
    "a truth": b"true",
    "an object": b'{"a":1}',
    "no text": b'""',
    "a number in a text": b'"5"',
    "half a character": b'"\\ud800"',
    "no UTF-8": b'"\xff"',
    "numbers in a list": b"[1,2]",
    "a text beside a number": b'["END",5]',
    "beyond a double": b"1e999",
    "400 digits": b"1" * 400,
    "5000 digits": b"-" + b"1" * 5000,
    "not a number": b"NaN",
    "infinity": b"-Infinity",
    "too deep": b"[" * 5000 + b"]" * 5000,
    "a type that is none": b'{"type":5,"effort":5,"max_tokens":"5","format":5}',
    "cut off": b'{"type":"json',
}
FRACTIONS: dict[str, bytes] = {
    "a fraction": b"5.5",
    "beyond 64 bits": b"9223372036854775808",
    "far beyond 64 bits": b"1e30",
    "below 64 bits": b"-9223372036854775809",
}
"""Beside these, where a whole number is meant."""
