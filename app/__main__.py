"""``python -m app`` is the command ``claude-proxy``."""

from app.commands.main import main

main()
