"""What every dialect says of its routes, put together.

Nothing of this is imported before somebody asks for it: most servers are never asked.
"""

from __future__ import annotations

import msgspec

from adapters.dialects.anthropic.described.dialect import ANTHROPIC
from adapters.dialects.ollama.described.dialect import OLLAMA
from adapters.dialects.openai.described.dialect import OPENAI
from adapters.observability.metrics.described import METRICS, METRICS_V1
from adapters.web.reference.described import OWN
from adapters.web.reference.document import build
from adapters.web.reference.page import render
from adapters.web.reference.reference import Reference
from app import __version__

DESCRIPTIONS = (OLLAMA, OPENAI, ANTHROPIC, OWN, METRICS, METRICS_V1)
"""Every dialect, and what belongs to none, in the order of the page."""


def reference() -> Reference:
    """Describe every route, for programs and for people."""
    document = build(DESCRIPTIONS, version=__version__)
    return Reference(document=msgspec.json.encode(document), page=render(document).encode())
