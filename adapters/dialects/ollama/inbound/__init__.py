"""Clients of `/api/*`: their requests to the neutral form, and answers back to them."""
