"""What can go wrong with the Claude CLI, as exceptions."""


class ClaudeError(Exception):
    """Anything that went wrong with the CLI or its files."""


class CliTimeout(ClaudeError):
    """The CLI did not end within its deadline and was ended."""


class CliCrashed(ClaudeError):
    """The CLI could not be started, or ended with an exit code that is a failure."""


class CliInterrupted(ClaudeError):
    """The CLI was killed, or could not be started just now: it may work in a moment."""


class CliGarbled(ClaudeError):
    """The CLI answered, but not with anything that can be understood."""


class UnreadableFile(ClaudeError):
    """A file of the CLI cannot be believed; the text says why, and names no path."""
