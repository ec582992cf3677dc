"""Functions inside a `namespace`, which upstreams of chats do not have.

Codex puts the tools of every MCP server into one. Ollama calls such a function `ns.name` and
returns the call under that name, which Codex does not know and OpenAI's servers refuse. Here
the name is one that every server takes, and the call goes back with `namespace` and `name`
apart, as from OpenAI.
"""

from __future__ import annotations

from hashlib import sha256

_SEPARATOR = "__"
_LONGEST = 64
"""Characters of a function's name at OpenAI."""
_DIGEST = 8


def flat_name(namespace: str, name: str) -> str:
    """Return the name of a function for the upstream, always the same for the same two.

    It has no more than 64 characters, unless there is no namespace: then it is `name`.
    """
    if not namespace or not name:
        return name
    flat = f"{namespace.removesuffix(_SEPARATOR)}{_SEPARATOR}{name}"
    if len(flat) <= _LONGEST:
        return flat
    digest = sha256(f"{namespace}\0{name}".encode()).hexdigest()[:_DIGEST]
    return f"{flat[: _LONGEST - _DIGEST - 1]}_{digest}"
