"""The manifests: rendered, held to Kubernetes' own schemas, and fit for the service."""

import kubernetes_validate
import pytest
import yaml

from config.loading import load_settings
from tests.support.manifests import OVERLAYS, Object, objects, one, pod, settings
from tests.support.processes import ROOT

WORKLOADS = [
    ("api-key", "Deployment"),
    ("login", "StatefulSet"),
    ("replicas", "Deployment"),
    ("monitoring", "Deployment"),
]
workloads = pytest.mark.parametrize(("overlay", "kind"), WORKLOADS)
# The operator's: no schema of them is in Kubernetes, and none is checked here.
CUSTOM = {"ServiceMonitor", "PrometheusRule"}
OLDEST = "1.29"  # as the README says
RULES = "deploy/prometheus/rules.yml has changed: make rules"


@pytest.mark.parametrize("version", [OLDEST, kubernetes_validate.latest_version()])
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kubernetes_knows_every_field(overlay, version):
    for each in objects(overlay):
        if each["kind"] not in CUSTOM:
            kubernetes_validate.validate(each, version, strict=True)


@workloads
def test_nothing_in_an_overlay_is_made_twice(overlay, kind):
    names = [(each["kind"], each["metadata"]["name"]) for each in objects(overlay)]
    assert len(names) == len(set(names))


@workloads
def test_the_settings_can_be_used(overlay, kind, monkeypatch):
    for name, value in settings(overlay).items():
        monkeypatch.setenv(name, value)
    load_settings()


@workloads
def test_a_stop_has_time_to_drain(overlay, kind):
    loaded = load_settings(settings(overlay))
    longest = loaded.drain_seconds + loaded.graceful_timeout + 5
    assert pod(overlay, kind)["terminationGracePeriodSeconds"] >= longest


@workloads
def test_the_drain_is_longer_than_a_probe_takes_to_notice(overlay, kind):
    (container,) = pod(overlay, kind)["containers"]
    probe = container["readinessProbe"]
    notices = probe["failureThreshold"] * probe["periodSeconds"]
    assert float(settings(overlay)["DRAIN_SECONDS"]) > notices


@workloads
def test_the_probes_are_those_of_the_documentation(overlay, kind):
    (container,) = pod(overlay, kind)["containers"]
    asked = {
        name: probe["httpGet"]["path"]
        for name, probe in container.items()
        if name.endswith("Probe")
    }
    live = "/health/live"
    assert asked == {
        "startupProbe": live,
        "livenessProbe": live,
        "readinessProbe": "/health",
    }


@workloads
def test_the_pods_are_restricted(overlay, kind):
    """Hold what the Pod Security Standards' profile "restricted" demands."""
    spec = pod(overlay, kind)
    (container,) = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] != 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    kinds = {key for volume in spec["volumes"] for key in volume} - {"name"}
    assert kinds <= {"emptyDir"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)


@workloads
def test_everything_selects_these_pods(overlay, kind):
    template = one(overlay, kind)["spec"]["template"]
    labels = template["metadata"]["labels"]
    assert one(overlay, kind)["spec"]["selector"]["matchLabels"] == labels
    for each in objects(overlay):
        if each["kind"] == "Service":
            assert each["spec"]["selector"] == labels
        if each["kind"] == "NetworkPolicy":
            assert each["spec"]["podSelector"]["matchLabels"] == labels
        if each["kind"] == "PodDisruptionBudget":
            assert each["spec"]["selector"]["matchLabels"] == labels


def test_a_key_or_a_login_is_all_the_difference():
    key, login = pod("api-key", "Deployment"), pod("login", "StatefulSet")
    without_credentials(key)
    key["volumes"] = [each for each in key["volumes"] if each["name"] != "home"]
    assert key == login


def without_credentials(spec: Object) -> None:
    (container,) = spec["containers"]
    before = len(container["env"])
    container["env"] = [
        each for each in container["env"] if each["name"] != "ANTHROPIC_API_KEY"
    ]
    assert len(container["env"]) == before - 1


def test_no_two_pods_have_one_login():
    spec = one("login", "StatefulSet")["spec"]
    (volume,) = spec["volumeClaimTemplates"]
    assert volume["spec"]["accessModes"] == ["ReadWriteOncePod"]
    assert "maxSurge" not in spec["updateStrategy"].get("rollingUpdate", {})
    (container,) = spec["template"]["spec"]["containers"]
    home = {"name": volume["metadata"]["name"], "mountPath": "/var/lib/claude-proxy"}
    assert home in container["volumeMounts"]
    assert {"name": "HOME", "value": "/var/lib/claude-proxy"} in container["env"]


def test_one_service_is_found_by_the_monitor():
    for overlay in ("monitoring", "login"):
        wanted = one("monitoring", "ServiceMonitor")["spec"]["selector"]["matchLabels"]
        services = [each for each in objects(overlay) if each["kind"] == "Service"]
        found = [s for s in services if s["metadata"].get("labels") == wanted]
        assert [each["metadata"]["name"] for each in found] == ["claude-proxy"]
        assert wanted == {"app.kubernetes.io/name": "claude-proxy"}  # the rules' job


def test_the_operator_gets_the_shipped_rules():
    shipped = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text())
    assert one("monitoring", "PrometheusRule")["spec"] == shipped, RULES
