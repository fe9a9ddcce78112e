"""What one inspection makes of a CLI that is just being replaced."""

import os
import time

import pytest

from app.claude.locate import Location
from app.components.evidence import Facts
from app.monitor.prober import Prober
from config.loading import load_settings


@pytest.fixture
def prober(fake_claude) -> Prober:
    os.utime(fake_claude.path, (1, 1))
    return Prober(load_settings(), time.monotonic, lambda *_: None)


def seen(prober: Prober, before: Facts | None = None) -> Facts:
    facts = prober.inspect(before)
    assert facts
    return facts


def location(prober: Prober, before: Facts) -> Location:
    return seen(prober, before).location


def test_a_cli_that_is_written_is_not_looked_at_yet(prober, fake_claude):
    before = seen(prober)
    fake_claude.path.write_text("half")
    assert location(prober, before) == before.location
    os.utime(fake_claude.path, (2, 2))
    assert location(prober, before) != before.location


def test_nor_one_that_may_be_run_once_it_is_whole(prober, fake_claude):
    before = seen(prober)
    fake_claude.path.unlink()
    fake_claude.path.write_text("half")
    assert location(prober, before) == before.location
    os.utime(fake_claude.path, (2, 2))
    assert location(prober, before).unusable == fake_claude.path


def test_one_that_loses_its_mode_shows_at_once(prober, fake_claude):
    before = seen(prober)
    fake_claude.path.chmod(0o644)
    assert location(prober, before).unusable == fake_claude.path


def test_one_that_stays_away_shows(prober, fake_claude):
    before = seen(prober)
    fake_claude.path.unlink()
    assert location(prober, before).path is None


def test_the_first_look_believes_what_it_sees(prober, fake_claude):
    fake_claude.install()
    assert seen(prober).location.path == fake_claude.path


def test_a_cli_that_was_replaced_since_is_another(prober, fake_claude):
    before = seen(prober)
    assert not prober.has_another(before)
    fake_claude.install()
    assert prober.has_another(before)
