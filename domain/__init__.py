"""Behaviour only: use cases and rules. Standard library and `ports`, nothing else."""
