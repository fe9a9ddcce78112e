"""Who gets which process, who makes room, and who must wait: decisions alone."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from app.pool.errors import Revoked, TooManyRequests
from app.pool.limits import Limits
from app.pool.queue import Queue, Waiter
from app.pool.session import Key, Session
from app.pool.stock import Stock


def key(caller: str = "alice", system: str = "s") -> Key:
    return Key(caller, "m", system)


def process() -> Any:
    return SimpleNamespace(born=time.monotonic(), ended=False, memory=1)


def stock(**limits: Any) -> Stock:
    limits = {"max_size": 8, "spares": 0, **limits}
    return Stock(Limits(**limits), Queue(limits.pop("max_waiting", 10)))


def spare(stock: Stock) -> Session:
    stock.spares.append(Session(process()))
    return stock.spares[-1]


def idle(stock: Stock, owner: Key) -> Session:
    session = Session(process())
    session.key = owner
    stock.idle.append(session)
    return session


def arrive(stock: Stock, owner: Key) -> Waiter:
    waiter = Waiter(owner, lambda: True)
    stock.arrive(waiter)
    return waiter


def test_a_keys_own_process_comes_before_a_spare():
    shop = stock()
    spare(shop)
    own = idle(shop, key())
    assert arrive(shop, key()).session is own
    assert shop.counts["hits"] == 1


def test_another_keys_process_is_never_given():
    shop = stock(max_size=1)
    for other in (key("bob"), key("alice", "other"), Key("alice", "m2", "s")):
        idle(shop, other)
    assert arrive(shop, key()).session is None


def test_a_spare_becomes_the_keys():
    shop = stock()
    there = spare(shop)
    assert arrive(shop, key()).session is there
    assert there.key == key()
    assert shop.counts["misses"] == 1


def test_who_waits_has_one_started_beyond_the_spares():
    shop = stock(spares=1)
    arrive(shop, key())
    assert shop.to_start(spares=True) == 2
    assert shop.to_start(spares=True) == 0


def test_no_spare_is_started_after_a_failure_but_for_who_waits():
    shop = stock(spares=2)
    arrive(shop, key())
    assert shop.to_start(spares=False) == 1


def test_the_least_recently_used_makes_room():
    shop = stock(max_size=2)
    first, second = idle(shop, key("bob")), idle(shop, key("eve"))
    arrive(shop, key())
    assert shop.to_start(spares=True) == 1
    assert (shop.leaving, shop.idle) == ([first], [second])
    assert shop.counts["ends_evicted"] == 1


def test_a_spare_makes_nobody_leave():
    shop = stock(max_size=1, spares=1)
    idle(shop, key())
    assert shop.to_start(spares=True) == 0
    assert shop.leaving == []


def test_the_maximum_holds_for_all_together():
    shop = stock(max_size=3, spares=9)
    assert shop.to_start(spares=True) == 3
    assert shop.size == 3


def test_one_caller_holds_at_most_half():
    shop = stock(max_size=4)
    for _ in range(3):
        spare(shop)
    got = [arrive(shop, key()).session for _ in range(3)]
    assert [each is not None for each in got] == [True, True, False]
    assert arrive(shop, key("bob")).session
    assert shop.to_start(spares=True) == 0


def test_a_callers_own_idle_one_makes_room_for_its_next():
    shop = stock(max_size=2)
    old = idle(shop, key("alice", "old"))
    spare(shop)
    assert arrive(shop, key("alice", "new")).session
    assert shop.leaving == [old]


def test_first_come_first_served():
    shop = stock()
    waiters = [arrive(shop, key(name)) for name in "abc"]
    there = spare(shop)
    shop.serve()
    assert [w.session for w in waiters] == [there, None, None]


def test_too_many_are_refused_and_wait_no_more():
    shop = stock(max_waiting=2)
    arrive(shop, key())
    arrive(shop, key())
    with pytest.raises(TooManyRequests):
        arrive(shop, key())
    assert len(shop.queue) == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"requests": 200}, "requests"),
        ({"outdated": True}, "renewed"),
        ({"process": SimpleNamespace(born=-9e9, memory=1)}, "age"),
        ({"process": SimpleNamespace(born=9e9, memory=9 << 30)}, "memory"),
    ],
)
def test_a_worn_one_is_replaced(change, reason):
    shop = stock()
    session = idle(shop, key())
    shop.busy.append(shop.idle.pop())
    for name, value in change.items():
        setattr(session, name, value)
    shop.put_back(session, None)
    assert (shop.leaving, dict(shop.counts)) == ([session], {f"ends_{reason}": 1})


def test_a_doubtful_one_is_replaced_and_a_good_one_stays():
    shop = stock()
    bad, good = (idle(shop, key()) for _ in range(2))
    shop.busy, shop.idle = shop.idle, []
    shop.put_back(bad, "cancelled")
    shop.put_back(good, None)
    assert (shop.leaving, shop.idle) == ([bad], [good])
    assert shop.counts["ends_cancelled"] == 1


def test_without_reuse_each_serves_once():
    shop = stock(reuse=False)
    shop.busy = [idle(shop, key())]
    shop.idle = []
    shop.put_back(shop.busy[0], None)
    assert shop.counts["ends_reuse_off"] == 1


def test_idle_dead_and_old_ones_leave():
    shop = stock(idle_seconds=10)
    waiting, dead, fresh = (idle(shop, key()) for _ in range(3))
    old = spare(shop)
    waiting.last_used -= 11
    dead.process.ended = True
    old.process.born -= 4000
    shop.look_after()
    assert (shop.idle, shop.spares) == ([fresh], [])
    assert dict(shop.counts) == {"ends_idle": 1, "ends_process_died": 1, "ends_age": 1}


def test_a_spare_beyond_the_spares_leaves_when_nobody_needs_it():
    """It was started for one who waited, and then went away."""
    shop = stock(spares=1)
    first, second = spare(shop), spare(shop)
    shop.look_after()
    assert shop.spares == [first, second]
    first.last_used = second.last_used = time.monotonic() - 301
    shop.look_after()
    assert (shop.leaving, shop.spares) == ([first], [second])


def test_stats_have_the_usual_names():
    shop = stock(max_size=4)
    spare(shop), idle(shop, key("bob"))
    arrive(shop, key())
    arrive(shop, key())
    stats = shop.stats()
    assert (stats["pool_size"], stats["pool_available"]) == (2, 1)
    assert (stats["pool_max"], stats["requests_waiting"]) == (4, 1)
    assert (stats["requests_num"], stats["requests_queued"]) == (2, 1)


class Counted(dict):
    """Figures that are kept by name."""

    def count(self, name: str, number: int) -> None:
        self[name] = self.get(name, 0) + number


def test_what_happens_is_told_to_who_counts_for_all_workers():
    figures = Counted()
    shop = Stock(Limits(max_size=2, spares=0), Queue(10), figures=figures)
    idle(shop, key("bob"))
    arrive(shop, key("bob"))
    arrive(shop, key("alice"))
    assert shop.to_start(spares=False) == 1
    shop.put_back(shop.busy[0], "asks_again")
    assert figures == {"hits": 1, "starts": 1, "ends_asks_again": 1}


def test_all_of_a_caller_go_and_nobody_elses():
    shop = stock()
    spare(shop)
    hers = [idle(shop, key("alice", system)) for system in ("a", "b")]
    his = idle(shop, key("bob"))
    busy = arrive(shop, key("alice", "a")).session
    assert shop.callers == {"alice", "bob"}
    assert shop.leave_all_of("alice") == [busy]
    assert shop.leaving == [hers[1]]
    assert (shop.idle, len(shop.spares)) == ([his], 1)
    assert shop.counts["ends_revoked"] == 1


def test_one_of_its_requests_that_waits_is_refused():
    shop = stock(max_size=0)
    hers, his = arrive(shop, key("alice")), arrive(shop, key("bob"))
    assert shop.leave_all_of("alice") == []
    with pytest.raises(Revoked):
        hers.outcome()
    assert not his.has_outcome
    assert shop.callers == {"bob"}
