"""What a controller asks dishka for.

Use cases live as long as the process, so handlers are served from the application's own
container. dishka's Litestar middleware would open a container for every request, which costs
a tenth of what a whole plain request may (figures in `docs/dependencies.md`), for nothing:
what belongs to one exchange is closed by the reply that ends it.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any, ParamSpec, TypeVar

from dishka import AsyncContainer
from dishka.integrations.base import wrap_injection
from litestar import Request

P = ParamSpec("P")
T = TypeVar("T")


def inject(handler: Callable[P, T]) -> Callable[P, T]:
    """Fill in the handler's `FromDishka[…]` parameters."""
    request = Parameter("request", Parameter.KEYWORD_ONLY, annotation=Request[Any, Any, Any])
    has_request = "request" in signature(handler).parameters
    return wrap_injection(
        func=handler,
        is_async=True,
        container_getter=_container,
        additional_params=[] if has_request else [request],
    )


def _container(_args: tuple[Any, ...], given: dict[str, Any]) -> AsyncContainer:
    container: AsyncContainer = given["request"].app.state.dishka_container
    return container
