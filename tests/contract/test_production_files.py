"""The files of docker/: linted, closed by default, and equal to what code says elsewhere."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from conftest import skip_or_fail
from mammovlm.cli import main
from mammovlm.settings import Settings
from mammovlm_orthanc import settings as plugin_settings
from mammovlm_orthanc import topology

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = sorted(path.parent.name for path in DOCKER.glob("*/Dockerfile"))
RIGHTS: dict[str, Any] = json.loads((DOCKER / "rabbitmq" / "rights.json").read_text())
ORTHANC_FILES = sorted((ROOT / "orthanc" / "production").glob("*.json"))
VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)(?::-([^}]*))?\}")


FIXED_FOR_WORKERS = (
    "MAMMOVLM_DICOMWEB_URL", "MAMMOVLM_DICOMWEB_USER", "MAMMOVLM_DICOMWEB_PASSWORD",
    "MAMMOVLM_DICOMWEB_CA_BUNDLE", "MAMMOVLM_PLUGIN_URL", "MAMMOVLM_BROKER_URL",
    "MAMMOVLM_BROKER_PASSWORD", "MAMMOVLM_BROKER_CA_BUNDLE", "MAMMOVLM_BROKER_CERTIFICATE",
    "MAMMOVLM_BROKER_KEY", "MAMMOVLM_DECLARE_QUEUES", "MAMMOVLM_CACHE_DIR",
)  # fmt: skip
"""What compose.yaml, docker/worker/start.sh, the image or a secret decides in production."""


def told_by(*command: str | Path) -> str:
    """Run a linter; give what it complains of."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def beside_python(program: str) -> Path:
    path = Path(sys.executable).parent / program
    if not path.exists():
        skip_or_fail(f"{program} is not installed; run `make setup`")
    return path


@pytest.mark.parametrize("image", OURS)
def test_hadolint_finds_nothing_in_a_dockerfile(image: str) -> None:
    assert told_by(beside_python("hadolint"), DOCKER / image / "Dockerfile") == ""


@pytest.mark.parametrize("image", OURS)
def test_what_a_dockerfile_copies_is_there_and_not_ignored(image: str) -> None:
    ignored, *rules = re.findall(r"^[^#\s].*$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    text = (DOCKER / image / "Dockerfile").read_text()
    sources = [
        source
        for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
        for source in copied.split()
    ]
    assert ignored == "*"
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert {source, *map(str, Path(source).parents)} & let_in, source


def test_the_compose_files_follow_the_compose_specification() -> None:
    schema = "vendor.compose-spec"
    files = sorted(DOCKER.glob("*.yaml"))
    assert len(files) == 3
    check = beside_python("check-jsonschema")
    assert told_by(check, "--builtin-schema", schema, *files) == ""


def handed_on(service: str) -> set[str]:
    """Give the variables of docker/.env that reach a container."""
    given = SERVICES[service].get("environment", {})
    return {name for name, value in given.items() if value is None or f"${{{name}" in str(value)}


@pytest.mark.parametrize("service", ["orthanc", "orthanc-large"])
def test_every_setting_of_the_plugin_reaches_its_container(service: str) -> None:
    text = (ROOT / "orthanc" / "production" / "orthanc.json").read_text()
    taken = {one.variable for one in plugin_settings.SETTINGS if f"${{{one.variable}" in text}
    fixed = {"MAMMOVLM_BROKER_URL", "MAMMOVLM_BROKER_PASSWORD_FILE"}
    assert taken - handed_on(service) == fixed
    assert {one.variable for one in plugin_settings.SETTINGS} - taken == {
        "MAMMOVLM_ACCEPT_REMOTE_DICOM", "MAMMOVLM_BROKER_CA", "MAMMOVLM_BROKER_CERTIFICATE",
        "MAMMOVLM_BROKER_KEY", "MAMMOVLM_DECLARE_QUEUES",
    }  # fmt: skip


@pytest.mark.parametrize("service", ["worker-cpu", "worker-gpu"])
def test_every_setting_of_the_worker_reaches_its_container(service: str) -> None:
    settings = {f"MAMMOVLM_{name.upper()}" for name in Settings.model_fields}
    secret = {"MAMMOVLM_LANGUAGE_MODEL_KEY"}
    assert settings - handed_on(service) == set(FIXED_FOR_WORKERS) | secret
    assert "MAMMOVLM_WORKERS" in handed_on(service)
    given = set(SERVICES[service]["environment"])
    assert not given & {name for name in given if name.endswith(("_PASSWORD", "_KEY"))}


def test_calling_out_gives_each_container_no_more_than_its_network_and_key() -> None:
    orthanc, worker = (
        yaml.safe_load((DOCKER / f"{name}-calls-out.yaml").read_text())
        for name in ("orthanc", "worker")
    )
    masquerading = "com.docker.network.bridge.enable_ip_masquerade"
    assert orthanc == {"networks": {"modalities": {"driver_opts": {masquerading: "true"}}}}
    assert set(worker["services"]) == {"worker-cpu", "worker-gpu"}
    key = "mammovlm_language_model_key"
    for service in worker["services"].values():
        assert service == {"networks": ["language-model"], "secrets": [key]}
    assert not set(worker["networks"]) & set(COMPOSE["networks"])


def test_shellcheck_finds_nothing_in_the_scripts() -> None:
    shellcheck = shutil.which("shellcheck")
    if shellcheck is None:
        skip_or_fail("shellcheck is not installed; run `make setup` (Debian: shellcheck)")
    scripts = [*DOCKER.glob("*/*.sh"), *(ROOT / "scripts").glob("*.sh")]
    assert told_by(str(shellcheck), *sorted(scripts)) == ""


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_closed(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert "privileged" not in service
    assert "network_mode" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_runs_as_an_ordinary_user(name: str) -> None:
    service = SERVICES[name]
    if "build" in service:
        text = (DOCKER.parent / service["build"]["dockerfile"]).read_text()
        user = re.findall(r"^USER (\d+):\d+$", text, re.MULTILINE)[-1]
    else:
        user = service["user"].partition(":")[0]
    assert int(user) > 100


def test_only_archive_proxy_and_dashboards_are_reached_from_outside() -> None:
    published = {name for name, service in SERVICES.items() if "ports" in service}
    assert published == {"orthanc", "orthanc-large", "proxy", "grafana"}
    open_networks = {name for name, net in COMPOSE["networks"].items() if not net.get("internal")}
    reach = {name for name, service in SERVICES.items() if open_networks & set(service["networks"])}
    assert reach == published


def test_the_worker_reaches_broker_and_proxy_only() -> None:
    networks = set(SERVICES["worker-cpu"]["networks"])
    others = {name for name, service in SERVICES.items() if networks & set(service["networks"])}
    assert others - {"worker-cpu", "worker-gpu"} == {"rabbitmq", "proxy"}


def test_only_the_proxy_reaches_orthancs_http_which_has_no_tls() -> None:
    asked_by_orthanc = {"rabbitmq", "postgresql"}
    for orthanc in ("orthanc", "orthanc-large"):
        networks = set(SERVICES[orthanc]["networks"])
        near = {name for name, service in SERVICES.items() if networks & set(service["networks"])}
        assert near - {"orthanc", "orthanc-large"} <= {"proxy"} | asked_by_orthanc


def test_each_secret_is_a_file_that_our_commands_make_and_that_somebody_needs(
    tmp_path: Path,
) -> None:
    for command in ("certificates", "passwords"):
        assert CliRunner().invoke(main, [command, "--out", str(tmp_path)]).exit_code == 0
    made = {path.name for path in tmp_path.iterdir()}
    files = {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", ())}
    assert files == set(COMPOSE["secrets"]) == used
    assert made - files == {"ca.key", "modality.crt", "modality.key"}


def test_no_file_of_production_holds_or_defaults_to_a_password() -> None:
    files = [*DOCKER.rglob("*.*"), *ORTHANC_FILES]
    for path in files:
        if path.suffix in {".yaml", ".json", ".sh", ".conf"} and "monitoring" not in path.parts:
            text = path.read_text()
            assert not re.search(r"guest:guest|amqps?://[^@\s]*:[^@\s]*@", text), path
            defaults = [d for name, d in VARIABLE.findall(text) if name.endswith("_PASSWORD")]
            assert not any(defaults), path


def test_the_brokers_rights_name_the_very_queues_that_the_code_uses() -> None:
    queues = {queue["name"]: queue["arguments"] for queue in RIGHTS["queues"]}
    assert queues == {queue.name: queue.arguments for queue in topology.QUEUES}
    bindings = {(b["destination"], b["source"], b["routing_key"]) for b in RIGHTS["bindings"]}
    assert bindings == {(q.name, q.exchange, q.routing_key) for q in topology.QUEUES}
    kinds = {exchange["name"]: exchange["type"] for exchange in RIGHTS["exchanges"]}
    assert kinds == topology.EXCHANGES


def test_plugin_and_worker_have_the_rights_that_their_work_needs() -> None:
    rights = {entry["user"]: entry for entry in RIGHTS["permissions"]}
    readers = {
        queue.name: [user for user, entry in rights.items() if re.match(entry["read"], queue.name)]
        for queue in topology.QUEUES
    }
    assert readers == {
        "mammovlm.analysis": ["worker"],
        "mammovlm.analysis.urgent": ["worker"],
        "mammovlm.question": ["worker"],
        "mammovlm.events": ["plugin"],
        "mammovlm.dead": [],
        "mammovlm.dead.notices": ["plugin"],
    }
    assert {entry["configure"] for entry in rights.values()} == {"^$"}


def test_orthancs_files_name_settings_that_exist_and_no_group_twice() -> None:
    texts = {path.name: _without_variables(path.read_text()) for path in ORTHANC_FILES}
    section = json.loads(texts["orthanc.json"])["MammoVLM"]
    assert set(section) == {setting.name for setting in plugin_settings.SETTINGS}
    main_keys = set(json.loads(texts["orthanc.json"]))
    assert not main_keys & set(json.loads(texts["postgresql.json"]))
    assert not main_keys & {"RegisteredUsers", "DicomModalities"}


def test_orthancs_own_data_is_named_alike_in_demo_and_production() -> None:
    demo, ours = (
        json.loads(_without_variables((ROOT / "orthanc" / name).read_text()))["UserMetadata"]
        for name in ("orthanc.json", "production/orthanc.json")
    )
    assert demo == ours


def test_the_workers_start_script_sets_settings_that_exist() -> None:
    text = (DOCKER / "worker" / "start.sh").read_text()
    names = {f"MAMMOVLM_{name.upper()}" for name in Settings.model_fields}
    own = {
        "MAMMOVLM_HOME", "MAMMOVLM_PYTHON", "MAMMOVLM_TLS_DIR", "MAMMOVLM_SECRETS_DIR",
        "MAMMOVLM_WORKERS", "MAMMOVLM_ORTHANC_URL",
    }  # fmt: skip
    assert set(re.findall(r"MAMMOVLM_[A-Z0-9_]+", text)) <= names | own


def _without_variables(text: str) -> str:
    return VARIABLE.sub(lambda match: match[2] or "0", text)


UNITS = sorted((DOCKER / "systemd").glob("*.service"))
MOST_EXPOSED = 20  # tenths; systemd calls below 20 "OK", and an ordinary service is at 96


def systemd_analyze() -> str:
    path = shutil.which("systemd-analyze")
    if path is None:
        skip_or_fail("systemd-analyze is not installed; run `make setup` (Debian: systemd)")
    return str(path)


@pytest.fixture(scope="module")
def installed_units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay units and their scripts into a root folder, as docs/installation.md says."""
    root = tmp_path_factory.mktemp("root")
    system = root / "etc" / "systemd" / "system"
    system.mkdir(parents=True)
    for unit in (*UNITS, DOCKER / "systemd" / "mammovlm.target"):
        shutil.copy(unit, system)
    for service in OURS:
        shutil.copytree(DOCKER / service, root / "opt" / "mammovlm" / "docker" / service)
    shutil.copytree("/usr/lib/systemd/system", root / "usr/lib/systemd/system", symlinks=True)
    return root


def test_systemd_accepts_every_unit(installed_units: Path) -> None:
    names = [path.name for path in (*UNITS, DOCKER / "systemd" / "mammovlm.target")]
    told = subprocess.run(
        [systemd_analyze(), "verify", f"--root={installed_units}", *names],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in told.stderr.splitlines() if "mammovlm" in line]
    assert (told.returncode, ours) == (0, []), told.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_every_unit_is_closed(unit: Path) -> None:
    threshold = f"--threshold={MOST_EXPOSED}"
    complaint = told_by(systemd_analyze(), "security", "--offline=true", threshold, unit)
    assert complaint == ""
    assert f"User={unit.stem}" in unit.read_text()


def test_units_hand_over_the_files_that_the_containers_get() -> None:
    for unit in UNITS:
        handed = set(re.findall(r"^LoadCredential=([^:]+):", unit.read_text(), re.MULTILINE))
        name = unit.stem.removeprefix("mammovlm-")
        (service,) = {"worker": ["worker-cpu"], "orthanc": ["orthanc-large"]}.get(name, [name])
        in_containers = set(SERVICES[service]["secrets"])
        assert handed <= in_containers
        # For the containers' health checks only.
        assert in_containers - handed <= {"monitoring_password", "ca.crt"}
