"""The service with some 200 series in its metrics, for measuring a scrape."""

from app import create_app
from app.metrics.registry import Metrics
from app.web.current import part_of

app = create_app()
for number in range(10):
    labels = ("GET", f"/made-up/{number}", "200")
    part_of(app, Metrics).requests.labels(*labels).inc(0)
    part_of(app, Metrics).duration.labels(*labels).observe(0.01)
