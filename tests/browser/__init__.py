"""The status page of a real gunicorn in a real browser."""
