"""The cluster kit, as far as it can be looked at without a cluster: every part runs with no power
that it does not need, every name leads somewhere, every variable is one that we read."""

import re
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from runtime.settings import OTHER_VARIABLES, PREFIX, Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
COMPOSE = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
OURS = {name: each for name, each in COMPOSE["services"].items() if "CLOSEOUT" in each["image"]}
CONTAINERFILE = (DEPLOY / "container" / "Containerfile").read_text()
TEMPORALS = {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_TLS", "TEMPORAL_API_KEY"}
SETTINGS = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
KUSTOMIZATIONS = sorted(KUBERNETES.rglob("kustomization.yaml"))
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.M)


def documents() -> Iterator[dict[str, Any]]:
    """Yield every object of the base."""
    for file in sorted((KUBERNETES / "base").glob("*.yaml")):
        if file.name != "kustomization.yaml":
            yield from yaml.safe_load_all(file.read_text())


def of_kind(*kinds: str) -> list[dict[str, Any]]:
    """Return the objects of some kinds."""
    return [each for each in documents() if each["kind"] in kinds]


def pods() -> list[tuple[str, dict[str, Any]]]:
    """Return every pod that runs, with the name of what runs it."""
    found = of_kind("Deployment", "Job")
    return [(each["metadata"]["name"], each["spec"]["template"]["spec"]) for each in found]


def variables(container: dict[str, Any]) -> set[str]:
    """Return the variables that a container is given."""
    settings = of_kind("ConfigMap")[0]["data"]
    named = {each["name"] for each in container["env"]}
    return named | set(settings)


@pytest.mark.parametrize(
    ("name", "pod"), pods(), ids=lambda each: each if isinstance(each, str) else ""
)
def test_no_pod_has_a_power_that_it_does_not_need(name: str, pod: dict[str, Any]) -> None:
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod["containers"]:
        held = container["securityContext"]
        assert held["allowPrivilegeEscalation"] is False
        assert held["readOnlyRootFilesystem"] is True
        assert held["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize(
    ("name", "pod"), pods(), ids=lambda each: each if isinstance(each, str) else ""
)
def test_every_variable_of_a_pod_is_one_that_is_read(name: str, pod: dict[str, Any]) -> None:
    for container in pod["containers"]:
        assert variables(container) <= SETTINGS | TEMPORALS
        secret = {each["name"] for each in container["env"] if "valueFrom" in each}
        assert {
            each for each in variables(container) if "URL" in each or "SECRET" in each
        } <= secret
        assert ("CLOSEOUT_OWNER_DATABASE_URL" in secret) == (name == "migrate")


@pytest.mark.parametrize(
    "deployment", of_kind("Deployment"), ids=lambda each: each["metadata"]["name"]
)
def test_every_part_that_stays_up_is_probed_doubled_and_kept_while_nodes_are_drained(
    deployment: dict[str, Any],
) -> None:
    spec, labels = deployment["spec"], deployment["spec"]["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"].items() <= labels.items()
    assert spec["replicas"] >= 2
    (container,) = spec["template"]["spec"]["containers"]
    ports = {each["name"] for each in container["ports"]}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["port"] in ports
    budgets = [each["spec"]["selector"]["matchLabels"] for each in of_kind("PodDisruptionBudget")]
    assert any(each.items() <= labels.items() for each in budgets)
    mounted = {each["name"] for each in container["volumeMounts"]}
    assert mounted == {each["name"] for each in spec["template"]["spec"]["volumes"]}


def test_what_is_named_is_there() -> None:
    names = {(each["kind"], each["metadata"]["name"]) for each in documents()}
    labels = [each["spec"]["template"]["metadata"]["labels"] for each in of_kind("Deployment")]
    for service in of_kind("Service"):
        assert any(service["spec"]["selector"].items() <= each.items() for each in labels)
    for scaler in of_kind("HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]
        assert (target["kind"], target["name"]) in names
    for _, pod in pods():
        assert ("ServiceAccount", pod["serviceAccountName"]) in names
        for volume in pod["volumes"]:
            if claim := volume.get("persistentVolumeClaim"):
                assert ("PersistentVolumeClaim", claim["claimName"]) in names


@pytest.mark.parametrize("file", KUSTOMIZATIONS, ids=lambda file: file.parent.name)
def test_every_kustomization_names_files_that_are_there_and_patches_what_is_there(
    file: Path,
) -> None:
    told = yaml.safe_load(file.read_text())
    for name in [*told.get("resources", ()), *told.get("components", ())]:
        assert (file.parent / name).exists(), name
    if file.parent.name == "base":
        listed = set(told["resources"])
        assert listed == {each.name for each in file.parent.glob("*.yaml")} - {file.name}
    for patch in told.get("patches", ()):
        target = patch["target"]
        found = [
            each
            for each in of_kind(target["kind"])
            if re.fullmatch(target.get("name", ".*"), each["metadata"]["name"])
        ]
        assert found, target
        for step in yaml.safe_load(patch["patch"]):
            *way, last = step["path"].strip("/").split("/")
            for each in found:
                held = _led(each, way)
                assert step["op"] == "add" or last in held, step["path"]
    for replicas in told.get("replicas", ()):
        assert replicas["name"] in {each["metadata"]["name"] for each in of_kind("Deployment")}


def _led(document: Any, way: list[str]) -> Any:
    for part in way:
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


@pytest.mark.parametrize("name", OURS)
def test_no_container_of_ours_has_a_power_that_it_does_not_need(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] == "10001:10001"
    assert set(service["environment"]) <= SETTINGS | TEMPORALS
    assert ("CLOSEOUT_OWNER_DATABASE_URL" in service["environment"]) == (name == "migrate")


def test_the_compose_file_asks_for_every_secret_and_says_none() -> None:
    text = (DEPLOY / "compose" / "compose.yaml").read_text()
    asked = set(re.findall(r"\$\{([A-Z_]+):\?", text))
    example = (DEPLOY / "compose" / "env.example").read_text()
    told = dict(line.split("=", 1) for line in example.splitlines() if re.match(r"[A-Z_]+=", line))
    assert asked <= told.keys()
    assert {name for name in asked if told[name]} == set()
    assert {name for name in asked if "PASSWORD" in name or "SECRET" in name} >= {
        "APP_PASSWORD",
        "OWNER_PASSWORD",
        "LINK_SECRET",
    }
    roles = DEPLOY / "compose" / "roles.sh"
    assert roles.stat().st_mode & stat.S_IXUSR
    sent = set(re.findall(r'="\$([A-Z_]+)"', roles.read_text()))
    assert sent == {f"{each}_PASSWORD" for each in ("OWNER", "APP", "READER", "TEMPORAL")}
    assert sent <= COMPOSE["services"]["postgres"]["environment"].keys()


def test_only_the_face_is_reached_from_outside_and_by_this_machine_alone() -> None:
    reached = {name: each["ports"] for name, each in COMPOSE["services"].items() if "ports" in each}
    assert reached.keys() == {"api"}
    assert all(each.startswith("127.0.0.1:") for each in reached["api"])
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_the_image_installs_what_is_pinned_and_runs_as_nobody_in_particular() -> None:
    installs = re.findall(r"pip install (.*?)(?: \\)?$", CONTAINERFILE, re.M)
    assert len(installs) == 3
    for each in installs:
        assert "--no-deps" in each
        assert "--require-hashes" in each or "dist/closeout-" in each
    users = re.findall(r"^USER (.+)$", CONTAINERFILE, re.M)
    assert users[-1] == "10001:10001"
    assert not re.search(r"^(ADD|COPY) https?:", CONTAINERFILE, re.M)
    assert ":latest" not in CONTAINERFILE + (DEPLOY / "compose" / "compose.yaml").read_text()


@pytest.mark.parametrize("name", ["requirements.lock", "build-requirements.lock"])
def test_the_image_s_locks_pin_what_the_lock_pins(name: str) -> None:
    ours = dict(PIN.findall((ROOT / "requirements.lock").read_text()))
    text = (DEPLOY / "container" / name).read_text()
    pinned = dict(PIN.findall(text))
    assert pinned
    assert {each: pinned[each] for each in pinned if ours.get(each) != pinned[each]} == {}
    assert text.count("--hash=sha256:") >= len(pinned)


def test_the_image_s_lock_has_what_runs_and_nothing_of_the_tests() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = dict(PIN.findall((DEPLOY / "container" / "requirements.lock").read_text()))
    needed = {_name(each) for each in project["dependencies"]}
    assert needed <= pinned.keys()
    extras = project["optional-dependencies"]
    only_tests = {_name(each) for each in extras["dev"]} - {
        _name(each) for extra in ("fast", "pdf", "tsa", "otel") for each in extras[extra]
    }
    assert not (only_tests - needed) & pinned.keys() - {"pyyaml"}
    assert not {_name(each) for each in extras["embedded"]} & pinned.keys()


def _name(requirement: str) -> str:
    return re.split(r"[\[<>=~;! ]", requirement)[0].lower()


def test_the_images_tag_is_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    base = yaml.safe_load((KUBERNETES / "base" / "kustomization.yaml").read_text())
    assert base["images"] == [{"name": "closeout", "newTag": project["version"]}]
