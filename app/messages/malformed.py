"""What is wrong with a request's body, and where."""


class Malformed(ValueError):
    """A body that cannot be carried: ``place`` in it (``messages.3``), and why."""

    def __init__(self, place: str, reason: str) -> None:
        """Say both in one sentence; a place that is empty is the body itself."""
        super().__init__(f"{place or 'body'}: {reason}")
        self.place = place
        self.reason = reason
