"""What `/health` is measured against: a Flask view that returns constant bytes."""

from flask import Flask, Response

app = Flask(__name__)
_BODY = b'{"status": "healthy", "service": "claude-proxy", "version": "0.1.0"}\n'


@app.get("/health")
def health() -> Response:
    """Return the same bytes every time."""
    return Response(_BODY, content_type="application/json")
