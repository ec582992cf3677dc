"""Ports answered inside this process: the system clock."""
