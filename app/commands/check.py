"""``claude-proxy check``: ask for the health, for people and for health checks."""

import json
import sys

import click

from app.commands import client
from config.address import refuse_own_address
from config.loading import SettingsError, load_settings, refuse
from config.settings import Settings


@click.command()
@click.option("--url", help="The proxy's address; default: the one set by HOST, PORT.")
@click.option("--local", is_flag=True, help="Check the CLI here, without a server.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")
def check(url: str | None, *, local: bool, as_json: bool) -> None:
    """Ask for the health: exit 0 healthy, 1 unhealthy, 2 could not ask."""
    if url and local:
        raise click.UsageError("--url and --local exclude each other.")
    try:
        settings = load_settings()
        answer = _here(settings) if local else client.server(url, settings)
    except SettingsError as error:
        refuse(error)
    except client.CannotAsk as error:
        click.echo(f"could not ask: {error}", err=True)
        sys.exit(2)
    click.echo(json.dumps(answer.body, indent=2) if as_json else _sentence(answer))
    sys.exit(0 if answer.healthy else 1)


def _here(settings: Settings) -> client.Answer:
    from app.commands.local import here  # loads the whole app

    refuse_own_address(settings.host, settings.port)
    return here(settings)


def _sentence(answer: client.Answer) -> str:
    body = answer.body
    if body["status"] == "healthy" and not answer.healthy:
        return f"unhealthy: HTTP status {answer.status}, while the body says healthy"
    details = body.get("details")
    remedy = details.get("remedy", "") if isinstance(details, dict) else ""
    error = f": {body['error']}. {remedy}" if "error" in body else ""
    return f"{body['status']}{error}".strip()
