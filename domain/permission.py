"""Which models a caller may use."""

from __future__ import annotations

from domain.names import matches
from domain.target import Target
from ports.caller import Caller
from ports.errors import NotAllowed


def may_use(caller: Caller, target: Target) -> bool:
    """Tell whether one of the caller's globs matches the listed name or `backend/id`."""
    return not caller.models or matches(caller.models, target.name, target.qualified)


def require(caller: Caller, target: Target, asked: str) -> None:
    """Raise `NotAllowed` unless the caller may use the target, which goes by the name asked for.

    How else it is called is no affair of who may not use it.
    """
    if not may_use(caller, target):
        raise NotAllowed(f"this key may not use model '{asked}'")


def require_name(caller: Caller, name: str) -> None:
    """Raise `NotAllowed` unless the caller may use a name, whatever it will lead to."""
    if caller.models and not matches(caller.models, name):
        raise NotAllowed(f"this key may not use model '{name}'")
