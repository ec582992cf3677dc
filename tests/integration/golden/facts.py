"""Recorded answers about models: what is known without their files is compared."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator, Sequence
from math import isclose
from typing import Any

from tests.integration.golden.unequal import unequal

Json = Any
Vector = list[float] | str

DETAILS = ["parent_model", "format", "family", "families", "parameter_size", "quantization_level"]
"""Members of `details` that no client has to look for in vain."""

OF_FILES = frozenset(
    {
        "details",
        "context_length",
        "digest",
        "expires_at",
        "modelfile",
        "model_info",
        "modified_at",
        "size",
        "template",
    }
)
"""Members whose values describe files, memory or a moment: there, and of their own value."""

ONLY_OF_FILES = frozenset(
    {"license", "projector_info", "remote_host", "remote_model", "requires", "tensors"}
)
"""Members that may be missing too: nobody but the holder of the files has them."""


PRECISION = 1e-6
"""Of a component of a vector: Ollama computes with 32 bits, and prints what is left of them."""


def embedded(ours: Json, theirs: Json) -> Iterator[str]:
    """Compare two answers with vectors. A number may be spelled as the upstream did."""
    yield from unequal("keys", list(ours), list(theirs))
    for key in ours:
        mine, other = ours[key], theirs.get(key)
        if key == "embedding":
            yield from _far_apart(mine, other)
        elif key == "data":
            yield from unequal("number of vectors", len(mine), len(other))
            for one, another in zip(mine, other, strict=False):
                yield from embedded(one, another)
        elif key == "embeddings":
            yield from unequal("number of vectors", len(mine), len(other))
            for one, another in zip(mine, other, strict=False):
                yield from _far_apart(one, another)
        else:
            yield from unequal(key, mine, other)


def _far_apart(ours: Vector, theirs: Vector) -> Iterator[str]:
    if type(ours) is not type(theirs) or not _near(_numbers(ours), _numbers(theirs)):
        yield f"vector: {ours} instead of {theirs}"


def _numbers(vector: Vector) -> Sequence[float]:
    """Read a vector, in base64 or not."""
    if not isinstance(vector, str):
        return vector
    packed = base64.b64decode(vector)
    return struct.unpack(f"<{len(packed) // 4}f", packed)


def _near(ours: Sequence[float], theirs: Sequence[float]) -> bool:
    return len(ours) == len(theirs) and all(
        isclose(a, b, rel_tol=PRECISION) for a, b in zip(ours, theirs, strict=True)
    )


def shown(ours: Json, theirs: Json) -> Iterator[str]:
    """Compare two answers of `/api/show`."""
    yield from _facts("show", ours, theirs)
    if ("general.basename" in ours["model_info"]) < ("general.basename" in theirs["model_info"]):
        yield "no general.basename"


def lists(ours: list[Json], theirs: list[Json]) -> Iterator[str]:
    """Compare two lists of models; that of what is there in any order."""
    order = list if "expires_at" in (theirs or [{}])[0] else sorted
    names = [[model["name"] for model in models] for models in (ours, theirs)]
    yield from unequal("names", *map(order, names))
    by_name = {model["name"]: model for model in theirs}
    for model in ours:
        # The real list and the real `show` disagree on capabilities; ours follows `show`.
        known = {key: value for key, value in model.items() if key != "capabilities"}
        yield from _facts(model["name"], known, by_name.get(model["name"], {}))


def _facts(what: str, ours: Json, theirs: Json) -> Iterator[str]:
    """Compare keys and their order, and the values that are no facts about files."""
    yield from unequal(f"keys of {what}", list(ours), [key for key in theirs if key in ours])
    missing = {key for key in theirs if key not in ours} - ONLY_OF_FILES - {"capabilities"}
    yield from unequal(f"missing in {what}", missing, set())
    details = [key for key in ours["details"] if key in DETAILS]
    yield from unequal("details", details, DETAILS)
    for key in set(ours) - OF_FILES:
        mine, other = ours[key], theirs.get(key)
        if key == "capabilities":
            mine, other = sorted(mine), sorted(other or ())
        elif key == "parameters":  # a map of Go, in an order of its own each time
            mine, other = sorted(mine.splitlines()), sorted((other or "").splitlines())
        yield from unequal(key, mine, other)
