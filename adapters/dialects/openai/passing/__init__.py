"""Requests that are passed on without being read, but for the model that they name."""
