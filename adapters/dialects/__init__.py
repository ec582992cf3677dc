"""One folder per wire protocol: pure functions, except for each `controller.py`."""
