"""What a killed worker's warm processes leave, and who removes it."""

import os
import signal

from tests.support.waiting import wait_until


def test_a_restarted_worker_removes_what_a_killed_one_left(
    serve, real_claude, tmp_path
):
    service = serve(
        CLAUDE_CLI_PATH=str(real_claude), PROXY_API_KEY="k3y", POOL_SPARES="1"
    )
    assert service.get("/health/live").status_code == 200
    folders = lambda: sorted((tmp_path / "state").glob("claude-pool-*"))  # noqa: E731
    left = wait_until(folders)
    os.kill(service.workers()[0], signal.SIGKILL)
    wait_until(lambda: folders() and not {*left} & {*folders()}, 30)
    assert service.stop() == 0
    assert folders() == []
