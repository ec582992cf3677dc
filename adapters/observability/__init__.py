"""What is told of the work to whoever watches: spans, metrics, the record of a request."""
