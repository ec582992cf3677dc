"""The parameters of a decoded request."""

from __future__ import annotations

from msgspec import UNSET

from ports.embed import EmbedRequest
from ports.observer import Request
from ports.parameters import Parameters


def parameters_of(request: Request) -> Parameters:
    """Return what a request asks for; thinking that is only switched on or off is no effort."""
    if isinstance(request, EmbedRequest):
        return Parameters(options=request.options, dimensions=request.dimensions)
    return Parameters(
        options=request.options,
        output="text" if request.format is None else "json",
        effort=request.think if isinstance(request.think, str) else UNSET,
    )
