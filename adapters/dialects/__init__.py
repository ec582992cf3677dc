"""One folder per wire protocol: pure functions, except for the handlers in `controllers`."""
