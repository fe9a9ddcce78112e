"""``claude-proxy serve``: serve until a signal ends it."""

import click

from config.loading import SettingsError, refuse


@click.command()
@click.option("--host", help="Address to listen on (HOST).")
@click.option("--port", help="Port to listen on (PORT).")
@click.option("--workers", help="Worker processes (WORKERS).")
@click.option("--threads", help="Requests a worker serves at a time (THREADS).")
@click.option("--log-level", help="DEBUG, INFO, WARNING, ERROR or CRITICAL.")
def serve(**options: str | None) -> None:
    """Serve until a signal ends it. Options override the environment."""
    given = {name.upper(): value for name, value in options.items() if value}
    from app.server.run import serve as serve_until_ended  # loads all of gunicorn

    try:
        serve_until_ended(given)
    except SettingsError as error:
        refuse(error)
