"""The folder that the workers of one server share."""

from app.metrics.multiprocess import share_metrics
from config.loading import load_settings


def test_a_strange_folder_in_the_state_dir_does_not_stop_the_start(monkeypatch):
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    state = load_settings().state_dir
    (state / "metrics-old").mkdir(parents=True)
    monkeypatch.setattr("app.metrics.multiprocess.use_shared_values", lambda _: None)
    monkeypatch.setattr("app.metrics.multiprocess.atexit.register", lambda *_: None)
    share_metrics(state)
