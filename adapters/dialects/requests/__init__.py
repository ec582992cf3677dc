"""What requests of several dialects have in common, to neutral."""
