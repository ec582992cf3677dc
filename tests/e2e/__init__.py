"""The served process, real clients, and a scripted upstream behind it."""
