"""What a model must be able to do for a request. What nobody knows is left to the upstream."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from ports.chat import Effort
from ports.errors import CapabilityMissing
from ports.models import Capability, ModelInfo


def demand(capability: Capability, model: ModelInfo, asked: str, *, called: str = "") -> None:
    """Raise `CapabilityMissing` if the model is known to lack the capability.

    `asked` is the model as the client named it, `called` another word for the capability.
    """
    if model.can(capability) is False:
        raise CapabilityMissing(asked, called or capability)


def demand_thinking(model: ModelInfo, asked: str, *, think: bool | Effort | UnsetType) -> None:
    """Raise `CapabilityMissing` if thinking is asked for; no thinking is no demand."""
    if think is not UNSET and think is not False:
        demand(Capability.THINKING, model, asked)
