"""The settings of a backend of kind `offline`."""

from __future__ import annotations

from adapters.backends.config import AnyBackendConfig, Positive
from adapters.backends.units import Seconds


class OfflineConfig(AnyBackendConfig, frozen=True, kw_only=True, tag_field="kind", tag="offline"):
    """A backend that answers by itself: `pace` seconds between words."""

    pace: Seconds = 0.0
    dimensions: Positive = 384
