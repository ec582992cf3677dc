"""What the core needs from outside, and the words it says it in.

The leaf of the import graph: only the standard library and msgspec. A type lives here
only if a port's signature mentions it or a port may raise it.
"""
