"""The service with a shorter patience, so that a test need not wait for a minute."""

from dataclasses import replace

from app import create_app
from app.monitor import traffic

traffic.LOGIN = replace(traffic.LOGIN, first=4.0)
traffic.NETWORK = replace(traffic.NETWORK, first=2.0)
app = create_app()
