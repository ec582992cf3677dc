"""What a controller asks dishka for.

Use cases live as long as the process, so handlers are served from the application's own
container, which is asked once for each handler and not at every request: it makes everything
one time only, but takes a lock and looks around each time. dishka's Litestar middleware would
even open a container for every request (figures in `docs/dependencies.md`), for nothing: what
belongs to one exchange is closed by the reply that ends it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any, ParamSpec, TypeVar, get_type_hints

from dishka import AsyncContainer
from dishka.integrations.base import default_parse_dependency
from litestar import Request

P = ParamSpec("P")
T = TypeVar("T")

_REQUEST = Parameter("request", Parameter.KEYWORD_ONLY, annotation=Request[Any, Any, Any])


def inject(handler: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Fill in the handler's `FromDishka[…]` parameters."""
    hints = get_type_hints(handler, include_extras=True)
    shape = signature(handler)
    wanted = {
        name: key
        for name, parameter in shape.parameters.items()
        if (key := default_parse_dependency(parameter, hints.get(name))) is not None
    }
    rest = [parameter for name, parameter in shape.parameters.items() if name not in wanted]
    takes_request = "request" in shape.parameters
    served: AsyncContainer | None = None
    found: dict[str, Any] = {}

    @wraps(handler)
    async def filled(*args: Any, **given: Any) -> T:
        nonlocal served, found
        request = given["request"] if takes_request else given.pop("request")
        container: AsyncContainer = request.app.state.dishka_container
        if container is not served:
            found = {
                name: await container.get(key.type_hint, key.component)
                for name, key in wanted.items()
            }
            served = container
        return await handler(*args, **given, **found)

    injected: Any = filled
    del injected.__wrapped__  # whoever looks at it must see the parameters that are left
    injected.__signature__ = shape.replace(parameters=rest if takes_request else [*rest, _REQUEST])
    injected.__annotations__ = {
        name: hint for name, hint in hints.items() if name not in wanted
    } | ({} if takes_request else {"request": _REQUEST.annotation})
    return injected  # type: ignore[no-any-return]
