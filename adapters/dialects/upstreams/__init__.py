"""What upstreams of several dialects say, to neutral."""
