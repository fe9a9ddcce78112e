"""Keeps Claude CLIs warm and asks them; knows nothing of HTTP."""
