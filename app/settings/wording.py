"""What a field's annotation says: in words for people, and to the code that decodes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, get_args, get_origin

from msgspec import Meta, Struct

from adapters.backends.secret import Secret


def allowed(kind: Any) -> str:
    """Say what a field of this type takes."""
    described = next((meta.description for meta in _metas(kind) if meta.description), None)
    return described or _plain(bare(kind))


def bare(kind: Any) -> Any:
    """Return the type without its annotations."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def hook(kind: Any, name: str) -> Callable[[Any], Any] | None:
    """Return the function an annotation carries under `read`, `normal` or `show`."""
    for meta in _metas(kind):
        if meta.extra and name in meta.extra:
            found: Callable[[Any], Any] = meta.extra[name]
            return found
    return None


def is_text(kind: Any) -> bool:
    """Tell whether only a string can be meant."""
    inner = bare(kind)
    return inner in (str, Secret) or get_origin(inner) is Literal


def is_secret(kind: Any) -> bool:
    """Tell whether a secret is, or lies in, a value of this type."""
    return kind is Secret or any(is_secret(part) for part in get_args(kind))


def is_table(kind: Any) -> bool:
    """Tell whether the type is a table with keys of its own."""
    return isinstance(kind, type) and issubclass(kind, Struct)


def _metas(kind: Any) -> list[Meta]:
    return [part for part in get_args(kind) if isinstance(part, Meta)]


def _plain(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return f"one of {', '.join(get_args(kind))}"
    if get_origin(kind) is tuple:
        return "a list of strings" if str in get_args(kind) else "a list of lists of strings"
    if is_table(kind):
        return "a table"
    return _WORDS[kind]


_WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a string",
    Secret: "a string",
    bool | str: "true, false or the path of a CA bundle",
}
