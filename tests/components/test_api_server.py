"""This server, as it says of itself."""

from app.components.api_server import check_api_server
from app.contract.codes import Code, Status
from app.runtime import Runtime


def test_a_server_told_to_stop_is_draining():
    server = check_api_server(Runtime("::1", 1, drain_flag=bytearray([1])), 0, 0)
    assert (server["status"], server["code"]) == (Status.UNHEALTHY, Code.DRAINING)


def test_the_server_reports_its_address_and_counts():
    server = check_api_server(Runtime("127.0.0.1", 8000), 1250, 3)
    assert server["status"] == Status.HEALTHY
    assert (server["host"], server["port"]) == ("127.0.0.1", 8000)
    assert (server["requests_processed"], server["errors"]) == (1250, 3)
