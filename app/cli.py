"""The command ``claude-proxy``: ``serve`` and ``check``."""

import json
import sys
from collections.abc import Mapping

import click

from app import ask
from app.server import serve as serve_until_ended
from app.version import VERSION
from config.settings import SettingsError, describe_settings, load_settings, refuse


class _WithSettings(click.Group):
    """A command group whose help also explains every setting."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the settings below the commands."""
        del ctx
        with formatter.section("Settings (environment variables)"):
            formatter.write_dl(describe_settings())


@click.group(
    cls=_WithSettings, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(VERSION, prog_name="claude-proxy")
def main() -> None:
    """Serve the Claude CLI over HTTP, with a health you can believe."""


@main.command()
@click.option("--host", help="Address to listen on (HOST).")
@click.option("--port", help="Port to listen on (PORT).")
@click.option("--workers", help="Worker processes (WORKERS).")
@click.option("--threads", help="Requests a worker serves at a time (THREADS).")
@click.option("--log-level", help="DEBUG, INFO, WARNING, ERROR or CRITICAL.")
def serve(**options: str | None) -> None:
    """Serve until a signal ends it. Options override the environment."""
    given = {name.upper(): value for name, value in options.items() if value}
    try:
        serve_until_ended(given)
    except SettingsError as error:
        refuse(error)


@main.command()
@click.option("--url", help="The proxy's address; default: the one set by HOST, PORT.")
@click.option("--local", is_flag=True, help="Check the CLI here, without a server.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")
def check(url: str | None, *, local: bool, as_json: bool) -> None:
    """Ask for the health: exit 0 healthy, 1 unhealthy, 2 could not ask."""
    if url and local:
        raise click.UsageError("--url and --local exclude each other.")
    try:
        settings = load_settings()
        body = ask.here(settings) if local else ask.server(url, settings)
    except SettingsError as error:
        refuse(error)
    except ask.CannotAsk as error:
        click.echo(f"could not ask: {error}", err=True)
        sys.exit(2)
    click.echo(json.dumps(body, indent=2) if as_json else _sentence(body))
    sys.exit(0 if body.get("status") == "healthy" else 1)


def _sentence(body: Mapping[str, object]) -> str:
    details = body.get("details")
    remedy = details.get("remedy", "") if isinstance(details, dict) else ""
    error = f": {body['error']}. {remedy}" if "error" in body else ""
    return f"{body.get('status')}{error}".strip()
