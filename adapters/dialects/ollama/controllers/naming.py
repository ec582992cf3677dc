"""Models as the domain knows them, as the lists of this dialect want them."""

from __future__ import annotations

from adapters.dialects.ollama.library.listing import Listed, Overrides
from domain.target import Target


def listed_as(target: Target) -> Listed:
    """Return a model under the name it is listed by, with what that name brings."""
    alias = target.alias
    overrides = Overrides()
    if alias is not None:
        overrides = Overrides(
            target=target.qualified,
            options=alias.options,
            system=alias.system,
            template=alias.template,
            licenses=alias.licenses,
            messages=alias.messages,
            modified_ns=alias.modified_ns,
        )
    return Listed(
        name=target.name, info=target.model, backend=target.backend.name, overrides=overrides
    )
