"""Numbers of tokens, as upstreams tell them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
"""What can be one. Others are not believed: whoever adds them up might fail on them."""
