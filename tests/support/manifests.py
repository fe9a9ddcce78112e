"""The manifests of deploy/kubernetes, rendered by kubectl."""

import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.support.processes import ROOT

Object = dict[str, Any]
FOLDER = ROOT / "deploy/kubernetes"
OVERLAYS = ("base", "api-key", "login", "replicas", "monitoring")


@cache
def render(overlay: str | Path) -> str:
    """Return what ``kubectl apply -k`` would apply; it asks no cluster."""
    command = ["kubectl", "kustomize", str(FOLDER / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def with_settings(base: str, folder: Path, **variables: str) -> Path:
    """Write an overlay of an operator's own, which changes settings."""
    generator = {"name": "claude-proxy", "behavior": "merge"}
    generator |= {"literals": [f"{name}={variables[name]}" for name in variables]}
    overlay = {"bases": [os.path.relpath(FOLDER / base, folder)]}
    overlay |= {"configMapGenerator": [generator]}
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
    return folder


def objects(overlay: str | Path) -> list[Object]:
    """Return the objects of an overlay."""
    return list(yaml.safe_load_all(render(overlay)))


def one(overlay: str | Path, kind: str, name: str = "claude-proxy") -> Object:
    """Return the one object of this kind whose name begins so."""
    (found,) = (
        each
        for each in objects(overlay)
        if each["kind"] == kind and each["metadata"]["name"].startswith(name)
    )
    return found


def pod(overlay: str | Path, kind: str) -> Object:
    """Return the specification of the pods that this kind of object makes."""
    spec: Object = one(overlay, kind)["spec"]["template"]["spec"]
    return spec


def settings(overlay: str | Path) -> dict[str, str]:
    """Return the settings that the pods are given."""
    data: dict[str, str] = one(overlay, "ConfigMap")["data"]
    return data
