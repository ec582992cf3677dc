"""What every dialect says of its routes, put together.

Nothing of this is imported before somebody asks for it: most servers are never asked.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from adapters.dialects.anthropic.described.dialect import ANTHROPIC
from adapters.dialects.ollama.described.dialect import OLLAMA
from adapters.dialects.openai.described.dialect import OPENAI
from adapters.dialects.openai.described.passing import further
from adapters.observability.metrics.described import METRICS, METRICS_V1
from adapters.web.reference.described import OWN
from adapters.web.reference.document import build
from adapters.web.reference.page import render
from adapters.web.reference.reference import Reference
from app import __version__

DESCRIPTIONS = (OLLAMA, OPENAI, ANTHROPIC, OWN, METRICS, METRICS_V1)
"""Every dialect, and what belongs to none, in the order of the page."""


def reference(relay_paths: Iterable[str] = ()) -> Reference:
    """Describe every route, for programs and for people.

    `relay_paths` are those that the configuration adds to the ones that are passed on.
    """
    openai = replace(OPENAI, operations=(*OPENAI.operations, *further(relay_paths)))
    descriptions = [openai if it is OPENAI else it for it in DESCRIPTIONS]
    document = build(descriptions, version=__version__)
    return Reference(document=msgspec.json.encode(document), page=render(document).encode())
