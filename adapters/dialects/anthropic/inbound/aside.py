"""What a request holds beside what the neutral form has places for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Raw, UnsetType
from msgspec.json import Encoder

from adapters.dialects.anthropic.inbound.schema import Hint, is_there
from ports.chat import NO_EXTENSIONS

CACHE_CONTROL = "openai.cache_control"
USER = "anthropic.user_id"
LONGEST_USER = 64
"""Characters of a user's id that OpenAI takes."""

_encode = Encoder().encode


class Aside:
    """Collects it while a request is read: names of what is dropped, and hints for some upstreams.

    A request may ask for a cache at many places. An upstream that takes such a wish at all takes
    one for the whole prompt (docs/wire/dialects.md 8.2), and that is what they come to.
    """

    __slots__ = ("_cache_control", "_dropped", "_user")

    def __init__(self, dropped: Iterable[str] = ()) -> None:
        self._dropped = dict.fromkeys(dropped)
        self._cache_control: Raw | None = None
        self._user = ""

    def drop(self, name: str) -> None:
        """Note what has no place, by the client's own name."""
        self._dropped[name] = None

    def cache(self, hint: Hint) -> None:
        """Note a wish for a cache, if it is one."""
        if not isinstance(hint, UnsetType) and is_there(hint):
            self._cache_control = hint

    def describe(self, metadata: Mapping[str, Any]) -> None:
        """Note whose request it is.

        Long ids are left out, for OpenAI refuses the request for one. That is not told: coding
        assistants send one every time, and nothing but Anthropic's accounts depends on it.
        """
        for name, value in metadata.items():
            if name == "user_id" and isinstance(value, str):
                self._user = value if len(value) <= LONGEST_USER else ""
            elif value is not None:
                self.drop(f"metadata.{name}")

    @property
    def dropped(self) -> tuple[str, ...]:
        """What has no place, each named once."""
        return tuple(self._dropped)

    @property
    def extensions(self) -> Mapping[str, Raw]:
        """What only some upstreams act on."""
        if self._cache_control is None and not self._user:
            return NO_EXTENSIONS
        found = {} if self._cache_control is None else {CACHE_CONTROL: self._cache_control}
        return found | ({USER: Raw(_encode(self._user))} if self._user else {})
