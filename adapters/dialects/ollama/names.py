"""Model names as Ollama writes them: `[host/][namespace/]model[:tag]`.

docs/wire/ollama-api.md 5. Names of other upstreams need not follow this grammar (dots in
the namespace, four segments); they are plain strings, looked up before anybody asks here.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Self

_HOST = "registry.ollama.ai"
_NAMESPACE = "library"
_TAG = "latest"

_LOCAL = ":local"
_CLOUD = (":cloud", "-cloud")

_HOST_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,349}")
_NAMESPACE_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,79}")
_MODEL_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}")


class _Parts(NamedTuple):
    """A name with its defaults filled in, valid or not."""

    host: str
    namespace: str
    model: str
    tag: str

    @classmethod
    def of(cls, name: str) -> Self:
        """Cut a name from the right; a part that is there and empty stays empty."""
        rest, tag = _split_tag(name.strip())
        rest, slash, model = rest.rpartition("/")
        if not slash:
            return cls(_HOST, _NAMESPACE, model, _TAG if tag is None else tag)
        rest, slash, namespace = rest.rpartition("/")
        host = rest.partition("://")[2] or rest if slash else _HOST
        return cls(host, namespace, model, _TAG if tag is None else tag)

    @property
    def valid(self) -> bool:
        return all(
            pattern.fullmatch(part)
            for pattern, part in zip(
                (_HOST_PART, _NAMESPACE_PART, _MODEL_PART, _MODEL_PART), self, strict=True
            )
        )


def _split_tag(name: str) -> tuple[str, str | None]:
    """Split at the last colon right of the last slash; no tag is `None`."""
    colon = name.rfind(":")
    return (name, None) if colon <= name.rfind("/") else (name[:colon], name[colon + 1 :])


def is_valid(name: str) -> bool:
    """Tell whether Ollama itself would take this for a name; blanks around it do not count."""
    return _Parts.of(name).valid


def shortened(name: str) -> str | None:
    """Return the short name of a model that is written with what Ollama lets clients leave out.

    `registry.ollama.ai/library/plain` and `plain:local` are `plain`. `None` where there is
    nothing to leave out.
    """
    bare = _without(name.strip(), _LOCAL)
    parts = _Parts.of(bare)
    if not parts.valid or parts.host.lower() != _HOST:
        short = bare
    elif parts.namespace.lower() != _NAMESPACE:
        short = f"{parts.namespace}/{parts.model}:{parts.tag}"
    else:
        short = f"{parts.model}:{parts.tag}"
    return None if with_tag(short) == with_tag(name.strip()) else short


def is_cloud(name: str) -> bool:
    """Tell whether a name asks for a model of ollama.com."""
    return name.strip().lower().endswith(_CLOUD) and _split_tag(name)[1] is not None


def is_local_and_cloud(name: str) -> bool:
    """Tell whether a name asks for a model of ollama.com and of this machine at once."""
    name = name.strip()
    bare = _without(name, ":cloud")
    local = _without(name, _LOCAL)
    return bare.lower().endswith(_LOCAL) if bare != name else local != name and is_cloud(local)


def _without(name: str, suffix: str) -> str:
    return name[: -len(suffix)] if name.lower().endswith(suffix) else name


def with_tag(name: str) -> str:
    """Append `:latest` to a name that has no tag of its own (`a/b:free` has one)."""
    return f"{name}:{_TAG}" if _split_tag(name)[1] is None else name


def display(name: str) -> str:
    """Write a name as `show` reports an unknown one: shortest form, with its tag.

    `nope` becomes `nope:latest`. A name outside the grammar only gets its tag.
    """
    parts = _Parts.of(name)
    if not parts.valid:
        return with_tag(name.strip())
    short = f"{parts.model}:{parts.tag}"
    if parts.host.lower() != _HOST:
        return f"{parts.host}/{parts.namespace}/{short}"
    return short if parts.namespace.lower() == _NAMESPACE else f"{parts.namespace}/{short}"


def qualified(name: str) -> str:
    """Write a name with every part, as Ollama does where it misses a capability.

    `plain` becomes `registry.ollama.ai/library/plain:latest`. A name outside the grammar
    stays as it is.
    """
    parts = _Parts.of(name)
    if not parts.valid:
        return name
    return f"{parts.host}/{parts.namespace}/{parts.model}:{parts.tag}"


def basename(name: str) -> str:
    """Return the part after the last slash, without the tag."""
    return _split_tag(name)[0].rpartition("/")[2]
