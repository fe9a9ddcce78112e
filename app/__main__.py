"""``python -m app`` is the command ``claude-proxy``."""

from app.cli import main

main()
