"""What Ollama's server says of a model that it does not have, where that is not the usual text."""

from __future__ import annotations

from ports.errors import ModelNotFound


def not_pulled(error: ModelNotFound) -> ModelNotFound:
    """Say that there is no such model as only the routes for embeddings do, in every dialect."""
    known = ModelNotFound(error.model, nearest=error.nearest)
    known.message = f'model "{error.model}" not found, try pulling it first'
    return known
