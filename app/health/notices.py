"""What works less well than it should, of all parts: told to a trusted caller."""

from app.callers.keys import Keys
from app.callers.limits import Gate
from app.history.archive import Archive
from app.metrics import multiprocess as metrics
from app.monitor.report import Report
from app.web.current import current


def warnings(report: Report) -> tuple[str, ...]:
    """Return a sentence for each thing that is wrong, though the service serves."""
    parts = current(Keys), current(Gate), current(Archive)
    of_parts = (problem for part in parts for problem in part.problems())
    return (*report.warnings, *metrics.problems(), *of_parts)
