"""A prompt in the log: one line, bounded, harmless to a terminal."""

import pytest

from app.messages.prompts import log_prompt


@pytest.fixture
def logged(capsys, make_app):
    """Log a body, and return what stands in the log."""

    def logged(body: bytes) -> str:
        make_app()  # which writes to the stderr there is now
        log_prompt("req-1", bytearray(body))
        return str(capsys.readouterr().err)

    return logged


def test_it_has_the_requests_id(logged):
    line = logged(b'{"a": "x y"}')
    assert 'body="{\\"a\\": \\"x y\\"}"' in line
    assert "request_id=req-1" in line


def test_no_client_begins_a_line_or_moves_the_cursor(logged):
    line = logged("a\nb\r\x1b[2J\u009b2J\u2028c\x00\ud7ff".encode() + b"\xff")
    assert line.count("\n") == 1
    assert line.rstrip("\n").isprintable()


def test_a_large_one_is_cut_off(logged):
    line = logged(b"\xc3\xa9" * (1 << 20))
    assert "bytes=2097152" in line
    assert 16 << 10 < len(line.encode()) < 20 << 10
