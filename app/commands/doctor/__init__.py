"""``claude-proxy doctor``: what can be wrong before and beside the service."""
