"""The two deadlines of a worker that stops: of its running answers, and of itself.

Timers, since the event loop may be gone by then, and what they wait for may hang.
"""

import os
import threading
from collections.abc import Callable

from app.pool.pool import Pool

# Seconds for what is left when the answers have ended: threads that write their last
# words, processes that end. gunicorn's master waits as much longer before it kills.
ENDS_WITHIN = 4.0


def end_answers_after(seconds: float, pool: Pool) -> None:
    """Close the pool then: each answer that still runs is told ``draining``, and ends.

    Its events so far are no answer, and no ``message_stop`` follows.
    """
    _after(seconds, pool.close)


def exit_in_time() -> None:
    """End this process even where a thread of it hangs: in a body, a start of the CLI.

    The guards see it, and end what it has started.
    """
    _after(ENDS_WITHIN, lambda: os._exit(0))


def _after(seconds: float, call: Callable[[], object]) -> None:
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
