"""What Anthropic's routes take and answer, in the words of `controlling/describing.py`."""
