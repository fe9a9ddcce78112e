"""gunicorn, all of it: how it is started, its options, its hooks, its worker."""
