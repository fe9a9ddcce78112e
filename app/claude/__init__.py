"""Drives the Claude CLI; knows nothing of HTTP or Flask."""
