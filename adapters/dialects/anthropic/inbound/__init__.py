"""Clients of `/v1/messages`: their requests to the neutral form, and answers back to them."""
