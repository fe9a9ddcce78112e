"""The service with some 200 series in its metrics, for measuring a scrape."""

from app import create_app

app = create_app()
for number in range(10):
    labels = ("GET", f"/made-up/{number}", "200")
    app.extensions["metrics"].requests.labels(*labels).inc(0)
    app.extensions["metrics"].duration.labels(*labels).observe(0.01)
