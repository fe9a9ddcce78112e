"""Who may use /v1 under a name, how much of it, and how much that was."""
