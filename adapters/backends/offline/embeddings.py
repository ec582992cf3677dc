"""Embeddings by feature hashing: texts that share words and spellings lie near each other.

A text becomes a bag of its words and of their character n-grams. Each feature adds or
subtracts its weight at one place of the vector, both chosen by its hash. There is no model:
"car" and "automobile" are strangers. The same text gives the same vector on every machine.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice
from math import sqrt
from zlib import crc32

_WORD = re.compile(r"\w+")
_NGRAMS = (3, 4, 5)
_WORD_WEIGHT = 1.0
_NGRAM_WEIGHT = 0.3
_SIGN = 1 << 31


def features(text: str) -> Iterator[tuple[str, float]]:
    """Yield each feature of the text with its weight, lazily. At least one, for any text."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    empty = True
    for word in _WORD.finditer(plain):
        empty = False
        yield from _of_word(word[0])
    if empty:
        yield plain, _WORD_WEIGHT


def _of_word(word: str) -> Iterator[tuple[str, float]]:
    yield word, _WORD_WEIGHT
    framed = f"<{word}>"
    for size in _NGRAMS:
        for start in range(len(framed) - size + 1):
            yield framed[start : start + size], _NGRAM_WEIGHT


def add(vector: list[float], found: Iterator[tuple[str, float]], *, at_most: int) -> bool:
    """Add the next features to a vector; tell whether there may be more of them."""
    added = 0
    for feature, weight in islice(found, at_most):
        hashed = crc32(feature.encode("utf-8", "surrogatepass"))
        vector[hashed % len(vector)] += weight if hashed & _SIGN else -weight
        added += 1
    return added == at_most


def normalised(vector: list[float]) -> tuple[float, ...]:
    """Scale to length 1. A vector whose features cancelled out becomes the first unit vector."""
    length = sqrt(sum(value * value for value in vector))
    if length == 0:
        return (1.0, *[0.0] * (len(vector) - 1))
    return tuple(value / length for value in vector)
