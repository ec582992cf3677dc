"""The dialects of clients: how each asks for the same things, and reads what it is answered."""
