"""``claude-proxy env``: the exports that point an SDK or Claude Code at the proxy."""

import sys
from shlex import quote
from typing import NoReturn

import click

from config.address import own_url
from config.key import key_file, plain_key
from config.loading import SettingsError, load_settings, refuse


@click.command()
def env() -> None:
    """Print address and key as exports for sh: eval "$(claude-proxy env)".

    The key goes out as ANTHROPIC_AUTH_TOKEN: Claude Code asks a person before it uses
    an ANTHROPIC_API_KEY, and the SDKs take either.
    """
    try:
        settings = load_settings()
    except SettingsError as error:
        refuse(error)
    if settings.port == 0:
        _give_up("PORT is 0, so the server's address is not known: set PORT.")
    key = plain_key(settings.state_dir)
    if key is None:
        file = key_file(settings.state_dir)
        _give_up(
            f"No key in {file}: start the server once, which makes one (remove first"
            " what is there and is no key), or set PROXY_API_KEY."
        )
    click.echo(f"export ANTHROPIC_BASE_URL={quote(own_url(settings))}")
    click.echo(f"export ANTHROPIC_AUTH_TOKEN={quote(key)}")


def _give_up(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(1)
