"""What docs/operations.md promises of two proxies that are replaced, one by one."""

from collections import Counter

from tests.deploy.conftest import KEY
from tests.support.probing import probing
from tests.support.traffic import Clients
from tests.support.waiting import wait_until


def test_a_rolling_replacement_fails_no_request(two, in_front):
    front = in_front("nginx", *(each.service for each in two))
    with Clients(front, KEY) as clients, probing(f"{front}/health") as told:
        for each in two:
            each.replace()
            known = len(each.upstream.requests)
            wait_until(lambda e=each, k=known: len(e.upstream.requests) > k, 60)
    print(len(clients.asked), "asked; probes told otherwise:", Counter(told))
    assert clients.failures == []
    assert set(told) <= {"draining", "starting"}  # of who answered, and no gap
