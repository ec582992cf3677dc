"""The embedded backend that answers by itself: no network, no key, no model."""
