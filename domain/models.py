"""What models there are, and what is known of one."""

from __future__ import annotations

from collections.abc import Sequence

from domain.permission import may_use, require
from domain.routing import Router, Target
from ports.caller import Caller


class ListModels:
    """Everything a caller may use: aliases first, then every allowed model once."""

    def __init__(self, router: Router) -> None:
        self._router = router

    async def list(self, caller: Caller) -> Sequence[Target]:
        """List the targets in order. A backend that cannot say what it has adds nothing."""
        index = await self._router.index()
        return [target for target in index.targets if may_use(caller, target)]


class ShowModel:
    """One model by the name a client knows it by."""

    def __init__(self, router: Router) -> None:
        self._router = router

    async def show(self, name: str, caller: Caller) -> Target:
        """Find the model. Raises `ModelNotFound`, `NotAllowed` or a `BackendError`."""
        target = await self._router.resolve(name)
        require(caller, target)
        return target
