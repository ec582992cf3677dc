"""What Anthropic's routes take and answer, in the words of `adapters/dialects/describing.py`."""
