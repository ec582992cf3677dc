"""What is told of the work: where log lines go."""
