"""The files in which counts outlive their worker."""

from pathlib import Path

import pytest

from app.metrics import files
from app.metrics.files import CountFile, positions

KEY = '["m", "m_total", {}, ""]'


@pytest.fixture
def counts(tmp_path: Path):
    """Make a file of counts."""
    file = CountFile(str(tmp_path / "folder" / "counter_0.db"))
    yield file
    file.close()


def in_file(counts: CountFile) -> float:
    content = counts._path.read_bytes()
    value: float = files._VALUE.unpack_from(content, positions(content)[KEY])[0]
    return value


@pytest.mark.parametrize("due", [False, True], ids=["between looks", "at a look"])
def test_a_change_is_in_the_file_at_once(counts, due):
    for number in (1.0, 2.0):
        counts._look_at = 0.0 if due else float("inf")
        counts.write_value(KEY, number, 0.0)
        assert in_file(counts) == number
