"""The page where it is not at the root of a host, and where nobody has looked at it."""

import os
import time

from tests.support.fronts import Front

PREFIXED = "server {{ listen {}; location /claude/ {{ proxy_pass {}/; }} }}"


def test_a_prefix_of_nginx_changes_nothing(window, service, fake_claude, tmp_path):
    front = Front("nginx", tmp_path, [service.url])
    server = PREFIXED.format(front.url.removeprefix("http://"), service.url)
    (tmp_path / "claude-proxy.conf").write_text(server)
    with front:
        window.open(f"{front.url}/claude/")
        window.says("Healthy for")
        fake_claude.set(logged_in=False)
        os.utime(fake_claude.path)
        window.says("the Claude CLI is not logged in")
        asked = window.asked_for()
        assert f"{front.url}/claude/page/page.css" in {
            each.partition("?")[0] for each in asked
        }
        assert all(each.startswith(f"{front.url}/claude/") for each in asked)
    assert window.complaints() == []


def test_a_tab_that_was_away_shows_nothing_old_as_true(page, service):
    looked_at = page.driver.current_window_handle
    page.driver.switch_to.new_window("tab")
    other = page.driver.current_window_handle
    service.stop()
    time.sleep(7)  # longer than the page takes for an answer's age
    page.driver.switch_to.window(looked_at)
    said = page.text("#lost")
    page.driver.switch_to.window(other)
    page.driver.close()
    page.driver.switch_to.window(looked_at)
    assert "What is shown below was true at" in said
