"""What an operator can set: the settings, and gunicorn's side of them."""
