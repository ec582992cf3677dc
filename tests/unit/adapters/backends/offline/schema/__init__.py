"""Instances of schemas."""
