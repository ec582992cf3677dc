"""The first JSON value of a body, as forgivingly as Go reads it, or Go's words on why not.

Only for bodies that did not decode at once. Go takes bytes that are no UTF-8 and lone
surrogates for U+FFFD, and ignores whatever follows the first value
(docs/wire/ollama-api.md 2.1).
"""

from __future__ import annotations

import re

import msgspec
from msgspec import Raw
from msgspec.json import Decoder

from ports.errors import InvalidRequest

MISSING = "missing request body"
"""What Ollama's native routes say where there is no body."""

_ANY = Decoder(Raw)

_SURROGATES = re.compile(
    rb"\\\\"  # an escaped backslash: what follows it is text
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a good pair
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"  # a lone one
)
_LONE = len(rb"\ud800")

_POSITION = re.compile(r"JSON is malformed: (?P<what>.+) \(byte (?P<at>\d+)\)")
_STATES = {
    "object keys must be strings": "looking for beginning of object key string",
    "expected '\"'": "looking for beginning of object key string",
    "trailing comma in object": "looking for beginning of object key string",
    "trailing comma in array": "looking for beginning of value",
    "expected ':'": "after object key",
    "expected ',' or '}'": "after object key:value pair",
    "expected ',' or ']'": "after array element",
    "invalid escaped character": "in string escape code",
    "invalid number": "in numeric literal",
}
"""What msgspec says, and what Go's scanner says in the same place."""

_WORDS = {b"t": b"true", b"f": b"false", b"n": b"null"}
_BEFORE_VALUE = b":,[{"
_BLANKS = b" \t\r\n"
_SPELLED = {
    "'": r"\'",
    "\\": r"\\",
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
}


def first_value(body: bytes, missing: str = MISSING) -> bytes:
    """Return the first value of a body, mended into valid JSON.

    Raises `InvalidRequest` where there is none, with the text `missing` if there is nothing.
    """
    mended = _mend(body)
    if not mended.strip(_BLANKS):
        raise InvalidRequest(missing)
    try:
        return bytes(_ANY.decode(mended))
    except RecursionError as error:
        raise too_deep() from error
    except msgspec.DecodeError as error:
        end = _trailing(error)
        if end is None:
            raise InvalidRequest(_complaint(mended, error)) from error
    return bytes(_ANY.decode(mended[:end]))


def too_deep() -> InvalidRequest:
    """Say that a body is nested deeper than anything here can follow."""
    return InvalidRequest("exceeded max depth")


def _mend(body: bytes) -> bytes:
    if not body.isascii():
        body = body.decode(errors="replace").encode()
    return _SURROGATES.sub(_replaced, body) if rb"\u" in body else body


def _replaced(found: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if len(found[0]) == _LONE else found[0]


def _trailing(error: msgspec.DecodeError) -> int | None:
    """Tell where the text behind a good first value begins."""
    found = _POSITION.search(str(error))
    if found is None or found["what"] != "trailing characters":
        return None
    return int(found["at"]) - 1  # msgspec points one past the first of it


def _complaint(body: bytes, error: msgspec.DecodeError) -> str:
    found = _POSITION.search(str(error))
    if found is None:
        return "unexpected EOF"
    at, what = int(found["at"]), found["what"]
    if what in _STATES:
        return _invalid(body, at, _STATES[what])
    if what == "invalid character in unicode escape":
        return _invalid(body, at - 1, r"in \u hexadecimal character escape")  # one past it again
    return _word_complaint(body, at) or _invalid(body, at, _guess(body, at))


def _word_complaint(body: bytes, at: int) -> str | None:
    """Find what is wrong with a literal, of which msgspec only names the second letter."""
    word = _WORDS.get(body[at - 1 : at])
    if word is None or body[: at - 1].rstrip(_BLANKS)[-1:] not in _BEFORE_VALUE:
        return None
    start = at - 1
    letters = enumerate(zip(word, body[start : start + len(word)], strict=False))
    wrong = next((i for i, (wanted, found) in letters if wanted != found), 1)
    state = f"in literal {word.decode()} (expecting '{chr(word[wrong])}')"
    return _invalid(body, start + wrong, state)


def _guess(body: bytes, at: int) -> str:
    """Name the state of the scanner where msgspec does not."""
    if body[at - 1 : at] == b"-":
        return "in numeric literal"
    before = body[:at].rstrip(_BLANKS)
    if body[at] >= 0x20 or before[-1:] in _BEFORE_VALUE:  # noqa: PLR2004 - a space
        return "looking for beginning of value"
    return "in string literal"


def _invalid(body: bytes, at: int, state: str) -> str:
    return f"invalid character {_quote(body[at])} {state}" if at < len(body) else "unexpected EOF"


def _quote(byte: int) -> str:
    """Write a byte as Go quotes it: taken for the Latin-1 character of its number."""
    char = chr(byte)
    if char in _SPELLED:
        return f"'{_SPELLED[char]}'"
    if char.isprintable():
        return f"'{char}'"
    return rf"'\x{byte:02x}'" if byte < 0x80 else rf"'\u{byte:04x}'"  # noqa: PLR2004 - ASCII
