"""Bytes of every dialect: cutting, escaping, times."""
