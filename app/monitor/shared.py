"""One verdict for all workers: the leader writes it down, the followers read it."""

import threading
from collections.abc import Callable

import structlog

from app.monitor.state import Health
from app.monitor.store import Store, StoreError

SILENT_AFTER = 3.0  # seconds without a word of the leader: everybody for himself

log = structlog.get_logger(__name__)


class Shared:
    """One process's side of the state that a host's processes share."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._reading = threading.Lock()
        self._generation = 0
        self._heard_at = clock()
        self._problem: str | None = None
        self._alone = False

    @property
    def leads(self) -> bool:
        """Tell whether this process probes for all."""
        return self._store.leads

    @property
    def problem(self) -> str | None:
        """Return why the state cannot be shared, None where it can."""
        return self._problem

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return a sentence for each thing that is wrong with what is shared."""
        return self._store.problems()

    @property
    def silent(self) -> bool:
        """Tell whether nobody can be heard: the leader says nothing, or cannot."""
        if self._alone or self._store.unshared:
            return True
        return self._clock() - self._heard_at >= SILENT_AFTER

    def try_to_lead(self) -> bool:
        """Become the leader, unless another process is."""
        try:
            leads = self._store.try_to_lead()
        except StoreError as error:
            self._note(error)
            leads, self._alone = False, True
        else:
            self._alone = False
        return leads

    def stop(self) -> None:
        """Let another process lead, and close the file."""
        with self._reading:
            self._store.stop_leading()
            self._store.close()

    def publish(self, health: Health) -> None:
        """Write the health for the followers, if we lead."""
        if not self.leads:
            return
        try:
            self._store.save(health)
            self._problem = None
        except StoreError as error:
            self._note(error)

    def sync_from_leader(self) -> Health | None:
        """Return what the leader wrote, if that is news, and no history."""
        if self._store.generation() == self._generation:
            return None
        with self._reading:
            generation = self._store.generation()  # first: what is read may be newer
            health = self._load()
            if health is None:
                return None
            if self._clock() - health.evidence.inspected_at >= SILENT_AFTER:
                return None
            self._generation, self._heard_at = generation, self._clock()
            return health

    def _load(self) -> Health | None:
        try:
            health = self._store.load()
        except StoreError as error:
            self._note(error)
            return None
        self._problem = None
        return health

    def _note(self, error: StoreError) -> None:
        if self._problem is None:
            log.warning("shared state unusable", reason=str(error))
        self._problem = str(error)
