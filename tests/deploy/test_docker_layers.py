"""What is in the image, layer by layer: no secret, no build tool."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.containers import podman

PROGRAMS = {"pip", "pip3", "gcc", "cc", "ld", "make", "git", "curl", "wget"}
PACKAGES = {"pip", "setuptools", "wheel", "ensurepip"}
SECRETS = {".credentials.json", ".claude.json", ".git", ".env", ".netrc", ".pypirc"}
SECRETS |= {"pip.conf", ".ssh", "id_rsa", ".venv"}
MADE_UP = b"sk-ant-"  # how each of Anthropic's keys and tokens begins


@pytest.fixture(scope="module")
def about(image: str) -> Any:
    (about,) = json.loads(podman("image", "inspect", image))
    return about


@pytest.fixture(scope="module")
def files(about: Any) -> list[Path]:
    """Return every file of every layer, also those that a later layer hides."""
    data = about["GraphDriver"]["Data"]
    layers = [data["UpperDir"], *data.get("LowerDir", "").split(":")]
    assert len(layers) > 3
    return [each for layer in layers for each in Path(layer).rglob("*")]


def left(files: list[Path], names: set[str]) -> list[Path]:
    """Return what has such a name and is not empty, as the place of a mount is."""
    found = [each for each in files if each.name in names and not each.is_symlink()]
    return [each for each in found if each.is_dir() or each.stat().st_size]


def test_no_layer_has_a_build_tool(files):
    assert [each for each in left(files, PROGRAMS) if each.is_file()] == []
    assert left(files, PACKAGES) == []


def test_no_layer_has_a_secret(files):
    assert left(files, SECRETS) == []
    texts = [each for each in files if each.is_file() and each.stat().st_size < 1 << 24]
    assert [each for each in texts if MADE_UP in each.read_bytes()] == []


def test_the_cli_is_there_once(files):
    large = [
        each.name for each in files if each.is_file() and each.stat().st_size > 1e8
    ]
    assert large == ["claude"]


def test_the_image_says_what_it_is_and_names_no_secret(about):
    config = about["Config"]
    names = {each.partition("=")[0] for each in config["Env"]}
    assert names == {"PATH", "HOME", "HOST", "DISABLE_AUTOUPDATER"}
    assert (config["User"], config["StopSignal"]) == ("10001:10001", "SIGTERM")
    assert about["Healthcheck"]["Test"] == ["CMD", "claude-proxy", "check"]
    labels = {label.rpartition(".")[2] for label in config["Labels"]}
    assert {"title", "version", "licenses"} <= labels
