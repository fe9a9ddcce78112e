"""The figures of the pool, as a scrape shows them."""

import pytest
from prometheus_client import CollectorRegistry

from app.metrics.pool import PoolMetrics
from app.pool.limits import Limits
from app.pool.queue import Queue
from app.pool.stock import Stock


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def test_counts_have_names_of_their_own_and_ends_a_reason(registry):
    metrics = PoolMetrics(registry)
    for name, number in (("hits", 2), ("starts_failed", 1), ("ends_idle", 3)):
        metrics.count(name, number)
    value = registry.get_sample_value
    assert value("claude_proxy_pool_hits_total") == 2
    assert value("claude_proxy_pool_start_failures_total") == 1
    assert value("claude_proxy_pool_ends_total", {"reason": "idle"}) == 3


def test_what_there_is_shows_by_state(registry):
    stock = Stock(Limits(), Queue(1), starting=2)
    PoolMetrics(registry).show(stock.stats())
    states = {
        state: registry.get_sample_value(
            "claude_proxy_pool_processes", {"state": state}
        )
        for state in ("starting", "idle", "busy", "spares")
    }
    assert states == {"starting": 2, "idle": 0, "busy": 0, "spares": 0}
    assert registry.get_sample_value("claude_proxy_pool_requests_waiting") == 0
