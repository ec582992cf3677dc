"""Which models a caller may use."""

from __future__ import annotations

from domain.index import Target
from domain.names import matches
from ports.caller import Caller
from ports.errors import NotAllowed


def may_use(caller: Caller, target: Target) -> bool:
    """Tell whether one of the caller's globs matches the listed name or `backend/id`."""
    return not caller.models or matches(caller.models, target.name, target.qualified)


def require(caller: Caller, target: Target) -> None:
    """Raise `NotAllowed` unless the caller may use the target."""
    if not may_use(caller, target):
        raise NotAllowed(f"this key may not use model '{target.name}'")


def require_name(caller: Caller, name: str) -> None:
    """Raise `NotAllowed` unless the caller may use a name, whatever it will lead to."""
    if caller.models and not matches(caller.models, name):
        raise NotAllowed(f"this key may not use model '{name}'")
