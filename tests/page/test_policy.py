"""What comes with the page: its headers, its files, and nothing from elsewhere."""

import gzip
import time

import pytest

from app.contract.codes import Code
from app.history.archive import Archive
from app.web.current import part_of
from tests.support.made_up_past import write
from tests.support.reports import reported


def test_it_is_compressed_for_who_can_read_that(client, says):
    says(reported())
    plain = client.get("/")
    packed = client.get("/", headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert len(packed.data) < len(plain.data) / 3
    assert b"Healthy for 3 days" in gzip.decompress(packed.data)


@pytest.mark.parametrize("path", ["/", "/page/page.js"])
def test_nothing_from_elsewhere_and_nothing_inline_may_act(client, path):
    policy = client.get(path).headers["Content-Security-Policy"]
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["default-src"] == parts["frame-ancestors"] == "'none'"
    assert {parts[f"{kind}-src"] for kind in ("script", "style", "img")} == {"'self'"}
    assert "unsafe" not in policy


def test_the_page_keeps_to_its_own_policy(see, says, app):
    write(part_of(app, Archive), time.time())
    says(reported(Code.CLI_FAILED))
    page = see()
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name == "style" or name.startswith("on")}
    addresses = [v or "" for name, v in page.attributes if name in ("href", "src")]
    assert not [each for each in addresses if "//" in each or each.startswith("/")]


def test_head_is_get_without_its_body(client):
    got, head = client.get("/"), client.head("/")
    assert (head.status_code, head.data) == (200, b"")
    for name in ("Content-Type", "Cache-Control", "Content-Security-Policy"):
        assert head.headers[name] == got.headers[name]
    assert got.headers["Cache-Control"] == "no-store"


def test_its_files_may_be_kept_since_their_addresses_change(client, see):
    addresses = [
        value
        for name, value in see().attributes
        if name in ("href", "src") and value.startswith("page/")
    ]
    assert len(addresses) == 3
    for each in addresses:
        answer = client.get(f"/{each}")
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("name", ["page.html", "..%2fviews.py", "views.py", ""])
def test_no_other_file_is_handed_out(client, name):
    assert client.get(f"/page/{name}").status_code == 404
