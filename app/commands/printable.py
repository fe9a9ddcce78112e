"""Text that others have written, as one line that no terminal obeys."""

_LONGEST = 600  # characters


def one_line(text: object) -> str:
    """Return one line without what moves, hides or colours: a blank in its place.

    Control and format characters (escape codes, C1, line ends, bidirectional marks)
    are not printable for ``str.isprintable``. What is longer than a line or two of
    ours ends with an ellipsis.
    """
    blanked = "".join(each if each.isprintable() else " " for each in str(text))
    line = " ".join(blanked.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
