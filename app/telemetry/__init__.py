"""What is told of the work: log lines, metrics and traces, and where they go."""
