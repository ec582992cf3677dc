"""Exchanges that need no translation, in any dialect."""
