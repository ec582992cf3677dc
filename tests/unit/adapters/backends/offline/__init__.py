"""The offline backend."""
