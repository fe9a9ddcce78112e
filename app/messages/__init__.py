"""The Messages API: what comes in, what goes out, through a warm Claude CLI."""
