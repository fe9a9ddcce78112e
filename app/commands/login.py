"""``claude-proxy login``, ``logout`` and ``status``: the CLI's own, of the right CLI.

The terminal is handed over to the very CLI that the proxy uses, in its environment. A
bundled CLI is not on PATH, and another ``claude`` that is may keep its login elsewhere.
"""

import os
import sys
from typing import NoReturn

import click

from app.claude.environment import home, terminal_environment
from app.claude.loader import made_for_another
from app.claude.locate import Location, locate
from app.contract.codes import MEANINGS, Code
from config.address import refuse_own_address
from config.loading import SettingsError, load_settings, refuse

# What is not ours is an option of the CLI, as in ``claude-proxy login --console``.
_HANDED_ON = {"ignore_unknown_options": True}
_arguments = click.argument("arguments", nargs=-1, type=click.UNPROCESSED)


@click.command(context_settings=_HANDED_ON)
@_arguments
def login(arguments: tuple[str, ...]) -> None:
    """Log the proxy's CLI in ('claude auth login'); run it as the proxy's user."""
    _hand_over("login", arguments)


@click.command(context_settings=_HANDED_ON)
@_arguments
def logout(arguments: tuple[str, ...]) -> None:
    """Log the proxy's CLI out ('claude auth logout')."""
    _hand_over("logout", arguments)


@click.command(context_settings=_HANDED_ON)
@_arguments
def status(arguments: tuple[str, ...]) -> None:
    """Say what the proxy's CLI says of its login ('claude auth status')."""
    _hand_over("status", arguments)


def _hand_over(word: str, arguments: tuple[str, ...]) -> NoReturn:
    """Become ``claude auth <word>``: the exit code is the CLI's, or 1 without one."""
    try:
        settings = load_settings()
        refuse_own_address(settings.host, settings.port)
    except SettingsError as error:
        refuse(error)
    environment = terminal_environment()
    path = environment.get("PATH", "")
    found = locate(settings.claude_cli_path, path, home())
    if found.path is None:
        _give_up(_code(found))
    program = str(found.path)
    try:
        os.execve(program, [program, "auth", word, *arguments], environment)  # noqa: S606
    except OSError as error:  # no program for this machine, a file system without exec
        reason = f"{program} cannot be started: {error.strerror}."
        click.echo(made_for_another(found.path) or reason, err=True)
        sys.exit(1)


def _code(found: Location) -> Code:
    return Code.CLI_NOT_EXECUTABLE if found.unusable else Code.CLI_NOT_FOUND


def _give_up(code: Code) -> NoReturn:
    meaning = MEANINGS[code]
    click.echo(f"{meaning.error}. {meaning.remedy}", err=True)
    sys.exit(1)
