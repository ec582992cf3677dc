"""Scaling and cutting of vectors (docs/wire/ollama-api.md 2.8).

Texts of vectors survive where nothing changes: then nobody has to print the numbers anew.
"""

from __future__ import annotations

from math import hypot, isclose

from ports.embed import Vector

TOLERANCE = 1e-6
"""How far from 1 a length may be and still pass for 1.

A vector that was scaled in single precision, as servers do, is off by a few 1e-7: scaling it
again would change nothing but the last digit that such a number has.
"""


def normalised(vector: Vector) -> Vector:
    """Scale a vector to length 1. One of length 0 stays as it is.

    Raises `ValueError` for numbers that are not finite.
    """
    length = hypot(*vector.values)
    if isclose(length, 1.0, rel_tol=TOLERANCE) or length == 0:
        return vector
    if not length < float("inf"):  # nan is not less either
        raise ValueError("not a finite vector")
    return Vector(values=[value / length for value in vector.values])


def cut(vector: Vector, dimensions: int) -> Vector:
    """Keep the first `dimensions` numbers, scaled to length 1; a shorter vector stays as it is.

    Raises `ValueError` like `normalised`.
    """
    if len(vector.values) <= dimensions:
        return vector
    return normalised(Vector(values=vector.values[:dimensions]))
