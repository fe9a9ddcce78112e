"""The command ``claude-proxy``."""
