"""Protocols and upstreams: everything that speaks to the outside on behalf of a port."""
