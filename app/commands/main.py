"""The command ``claude-proxy``, one file a word."""

import click

from app.commands.check import check
from app.commands.doctor.command import doctor
from app.commands.env import env
from app.commands.login import login, logout, status
from app.commands.monitor.command import monitor
from app.commands.serve import serve
from app.commands.usage import usage
from app.runtime import VERSION
from config.loading import describe_settings


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


for command in (serve, check, doctor, env, login, logout, monitor, status, usage):
    main.add_command(command)
