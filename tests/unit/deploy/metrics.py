"""The metrics that llamaport has, as a query sees them."""

from __future__ import annotations

from adapters.observability.metrics.families import FAMILIES, Kind

TOLD = {family.name for family in FAMILIES if family.is_told}
"""Every metric by its name."""

SERIES = {
    f"{family.name}{part}": {*family.labels, *labels}
    for family in FAMILIES
    if family.is_told
    for part, labels in (
        {"_bucket": ("le",), "_sum": (), "_count": ()}
        if family.kind is Kind.HISTOGRAM
        else {"": ()}
    ).items()
}
"""Every series by its name, with the labels that it has of itself."""
