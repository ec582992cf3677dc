"""The body of a request that may pass untouched: one object, of which little is looked at.

Members stay as they are spelled. Whatever leaves a doubt about what a server would read is not
passed on (docs/architecture.md, Relay).
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import msgspec
from msgspec import Raw, Struct
from msgspec.json import Decoder

Members = dict[str, Raw]

_MEMBERS = Decoder(Members)
_MODEL = b'"model"'
_LETTER = b"\\u006"
"""How every letter of `model` begins when it is escaped."""
_ABSENT, _NULL, _TRUE, _FALSE = b"", b"null", b"true", b"false"
_USUAL = frozenset({"model", "stream"})
OTHERS = frozenset(
    (
        *("models", "preset", "plugins"),
        *("fallbacks", "context_window_fallbacks", "content_policy_fallbacks"),
        *("model_list", "user_config", "router_settings_override", "extra_body"),
        *("api_base", "base_url", "custom_llm_provider"),
    )
)
"""Members in which OpenRouter and LiteLLM look for models besides the one that is asked for, or
for other places where it might be."""

_OWN_TOOLS = (
    *("function", "custom", "local_shell", "shell", "apply_patch", "bash_", "text_editor_"),
    *("computer", "memory_", "web_search", "web_fetch", "code_execution", "tool_search"),
)
"""How the types of tools begin that ask no other model. Others do (`openrouter:fusion`,
`image_generation`, `advisor_20260301`), or might."""


class _Tool(Struct, gc=False):
    type: str | None = None


_TOOLS = Decoder(list[_Tool] | None)


class Wanted(Struct, frozen=True, kw_only=True):
    """A request that may pass, as far as it concerns a relay.

    `stream` says that it is answered piece by piece; `others` that it names more models, or may
    lead to some, where some servers look for them.
    """

    body: bytes
    members: Members
    model: str
    stream: bool
    others: bool

    def named(self, model: str) -> bytes:
        """Return the body with the model named as the upstream does."""
        return renamed(self.body, self.members, model)


def read_wanted(body: bytes, counting: AbstractSet[str] = _USUAL) -> Wanted | None:
    """Read a request of a dialect that streams where it is asked to; `None` if in doubt.

    `counting` as for `members_of`.
    """
    members = members_of(body, counting)
    if members is None or (model := model_of(members)) is None:
        return None
    stream = switch(members, "stream")
    if stream is None:
        return None
    others = leads_to_others(members)
    return Wanted(body=body, members=members, model=model, stream=stream, others=others)


def members_of(body: bytes, counting: AbstractSet[str]) -> Members | None:
    """Take the outermost object of a body apart, `None` if there is any doubt about it.

    `counting` are the members that are looked at, `model` among them. A key of theirs in other
    capitals is such a doubt: there are servers that take keys in any case, and would perhaps
    not take the one that was looked at.
    """
    try:
        members = _MEMBERS.decode(body)
    except (ValueError, RecursionError):
        return None
    odd = not counting.isdisjoint(map(str.casefold, members.keys() - counting))
    return None if odd or "model" not in members else members


def model_of(members: Members) -> str | None:
    """Return the model that is asked for, `None` if none is."""
    try:
        model = msgspec.json.decode(members["model"], type=str)
    except ValueError:
        return None
    return model if model.strip() else None


def renamed(body: bytes, members: Members, model: str) -> bytes:
    """Return the body with the model named as the upstream does.

    Nothing else changes, unless the model might stand in it twice: which of the two counts is
    then not left to the server.
    """
    name = msgspec.json.encode(model)
    old = bytes(members["model"])
    if body.count(_MODEL) != 1 or body.find(_LETTER) >= 0:
        return msgspec.json.encode(members | {"model": Raw(name)})
    if old == name:
        return body
    start = body.find(old, body.find(_MODEL) + len(_MODEL))
    return body[:start] + name + body[start + len(old) :]


def member_of(members: Members, name: str) -> bytes:
    """Return a member as it is spelled, empty where there is none or only `null`."""
    raw = members.get(name)
    spelled = _ABSENT if raw is None else bytes(raw)
    return _ABSENT if spelled == _NULL else spelled


def switch(members: Members, name: str) -> bool | None:
    """Read a member that is true or false, and false where there is none; `None` for others."""
    spelled = member_of(members, name)
    return spelled == _TRUE if spelled in {_ABSENT, _TRUE, _FALSE} else None


def leads_to_others(members: Members) -> bool:
    """Tell whether models besides the one that is asked for may come into play.

    Keys count in any case: there are routers that take them so.
    """
    if not OTHERS.isdisjoint(map(str.casefold, members)):
        return True
    tools = members.get("tools")
    if tools is None:
        return False
    try:
        found = _TOOLS.decode(tools) or ()
    except (ValueError, RecursionError):
        return True
    return not all(tool.type is None or tool.type.startswith(_OWN_TOOLS) for tool in found)
