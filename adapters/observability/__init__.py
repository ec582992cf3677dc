"""What is told of the work to whoever watches: spans, and where they are sent."""
