"""Instances of JSON schemas: reading a schema, checking a value against it, making one."""
