"""The proxy's version, as it was installed."""

from importlib.metadata import version

VERSION = version("claude-code-proxy")
