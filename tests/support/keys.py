"""Keys with names, and their file written as an editor writes it: anew, then moved."""

from pathlib import Path

ALICE, BOB = "alice-key-0123456789", "bob-key-0123456789ab"


def write_keys(file: Path, text: str) -> Path:
    """Write the file for its user alone, and return it."""
    new = file.with_name(f"{file.name}.new")
    new.write_text(text)
    new.chmod(0o600)
    return new.replace(file)
