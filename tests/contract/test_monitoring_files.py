"""What Prometheus and Grafana ask for is what the plugin tells; alarms go off when they should."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from mammovlm.errors import RejectionReason
from mammovlm_orthanc.broker import Link
from mammovlm_orthanc.distributions import DISTRIBUTIONS, Distributions
from mammovlm_orthanc.health import Health
from mammovlm_orthanc.metrics import FAILURES, REJECTIONS, Counters
from mammovlm_orthanc.queue_watch import QueueWatch

ROOT = Path(__file__).resolve().parents[2]
MONITORING = ROOT / "docker" / "monitoring"
DASHBOARD = MONITORING / "grafana" / "dashboards" / "mammovlm.json"
ALERTS = MONITORING / "alerts.yml"
OURS = re.compile(r"\bmammovlm_[a-z0-9_]+")


class NoStudies:
    """A list of statuses and the upkeep's list of stuck ones, both empty."""

    is_list_complete = True

    def entries(self, *_: object) -> list[Any]:
        return []

    def stuck(self) -> list[Any]:
        return []


class Broker:
    """A channel that knows every queue."""

    def queue_declare(self, *_: object, **__: object) -> Any:
        told = type("Told", (), {"message_count": 3, "consumer_count": 1})
        return type("Answer", (), {"method": told})


@pytest.fixture(scope="module")
def exposed() -> dict[str, dict[str, set[str]]]:
    """Give every sample name with its labels and their values, as the plugin tells them."""
    distributions, queues = Distributions(), QueueWatch()
    for name, kind in DISTRIBUTIONS.items():
        distributions.observe(name, 1.0, *("x" for _ in kind.labels))
    queues.look(Broker())
    nothing: Any = NoStudies()
    health = Health(
        nothing,
        nothing,
        threads=(),
        links=(Link("publisher"), Link("consumer")),
        queues=queues,
        counters=Counters(),
        distributions=distributions,
        is_enabled=True,
        to_route=lambda: 0,
        postponed=lambda: 0,
    )
    found: dict[str, dict[str, set[str]]] = {}
    for family in text_string_to_metric_families(health.metrics()):
        for sample in family.samples:
            labels = found.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    return found


def test_jobs_of_every_kind_begin_at_zero(exposed: dict[str, dict[str, set[str]]]) -> None:
    kinds = exposed["mammovlm_jobs_published_total"]["kind"]
    assert kinds == {"normal", "urgent", "question"}


def expressions() -> Iterator[tuple[str, str]]:
    """Give every expression of dashboard and alarms, with its name."""
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]
    for group in yaml.safe_load(ALERTS.read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


def rule_of(alarm: str) -> dict[str, Any]:
    """Give the rule of an alarm."""
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return next(rule for group in groups for rule in group["rules"] if rule["alert"] == alarm)


def test_every_metric_that_is_asked_for_is_told(
    exposed: dict[str, dict[str, set[str]]],
) -> None:
    asked = {name for _, text in expressions() for name in OURS.findall(text)}
    assert len(asked) > 20
    assert asked - set(exposed) == set()


def test_every_metric_that_is_told_is_shown_or_watched(
    exposed: dict[str, dict[str, set[str]]],
) -> None:
    text = " ".join(text for _, text in expressions())
    not_shown = {"mammovlm_events_total", "mammovlm_decisions_total"}  # for a closer look only
    of_histograms = ("_count", "_sum", "_bucket")
    families = {re.sub(r"_(count|sum|bucket)$", "", name) for name in exposed}
    unused = {name for name in families if name not in text and not name.endswith(of_histograms)}
    assert unused <= not_shown | {"mammovlm_studies_list_complete"}


def test_labels_that_are_asked_for_exist_with_these_values(
    exposed: dict[str, dict[str, set[str]]],
) -> None:
    selected = re.compile(r"(mammovlm_[a-z0-9_]+)\{(\w+)(=~?)\"([^\"]+)\"\}")
    found = [match for _, text in expressions() for match in selected.findall(text)]
    assert found
    for name, label, _, values in found:
        assert set(values.split("|")) <= exposed[name][label], (name, label, values)


def test_every_reason_of_the_worker_begins_at_zero_so_that_its_first_step_is_seen() -> None:
    assert set(REJECTIONS) == {str(reason) for reason in RejectionReason}
    text = (ROOT / "worker" / "mammovlm" / "tasks" / "analyze_study.py").read_text()
    told = set(re.findall(r'_dead_letter\(job, "([a-z-]+)"\)', text))
    assert told
    assert told | {"worker-lost", "intake-failed"} == set(FAILURES)


def test_every_alarm_is_explained_to_those_who_run_the_service() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    names = [
        rule["alert"]
        for group in yaml.safe_load(ALERTS.read_text())["groups"]
        for rule in group["rules"]
    ]
    assert len(names) == len(set(names))
    assert [name for name in names if f"`{name}`" not in text] == []


def test_prometheus_takes_configuration_and_rules(
    require_program: Callable[..., str], tmp_path: Path
) -> None:
    promtool = require_program("promtool", "prometheus")
    for secret in ("monitoring_password", "ca.crt"):
        (tmp_path / secret).write_text("x")
    written = (MONITORING / "prometheus.yml").read_text()
    (tmp_path / "prometheus.yml").write_text(written.replace("/run/secrets", str(tmp_path)))
    (tmp_path / "alerts.yml").write_text(ALERTS.read_text())
    subprocess.run([promtool, "check", "config", tmp_path / "prometheus.yml"], check=True)
    rules = [{"record": f"shown:{n}", "expr": asked} for n, (_, asked) in enumerate(expressions())]
    shown = tmp_path / "shown.yml"
    shown.write_text(yaml.safe_dump({"groups": [{"name": "shown", "rules": rules}]}))
    subprocess.run([promtool, "check", "rules", shown], check=True)


def test_prometheus_asks_over_tls_only() -> None:
    for job in yaml.safe_load((MONITORING / "prometheus.yml").read_text())["scrape_configs"]:
        assert job["scheme"] == "https"
        assert job["tls_config"]["ca_file"]
        assert "insecure_skip_verify" not in job["tls_config"]


SITUATIONS: dict[str, tuple[dict[str, str], str]] = {
    "MammoVLMDown": ({'up{job="mammovlm"}': "0x60"}, "10m"),
    "MammoVLMThreadEnded": ({"mammovlm_alive": "1 0x60"}, "10m"),
    "MammoVLMSwitchedOff": ({"mammovlm_enabled": "0x60"}, "30m"),
    "MammoVLMBrokerAway": (
        {
            'mammovlm_broker_connected{side="publisher"}': "1x60",
            'mammovlm_broker_connected{side="consumer"}': "0x60",
        },
        "10m",
    ),
    "MammoVLMNoWorker": ({'mammovlm_queue_consumers{queue="mammovlm.analysis"}': "0x60"}, "10m"),
    "MammoVLMStudiesWait": ({'mammovlm_oldest_study_seconds{state="queued"}': "2000x60"}, "10m"),
    "MammoVLMAnalysesFail": (
        {'mammovlm_failures_total{kind="worker-lost"}': "0x5 1x60"},
        "20m",
    ),
    "MammoVLMAuditRecordsLost": ({"mammovlm_audit_records_lost_total": "0x5 1x60"}, "20m"),
    "MammoVLMResultsNotRouted": (
        {
            'mammovlm_results_routed_total{kind="failed"}': "0+1x120",
            "mammovlm_results_to_route": "0x5 2x120",
        },
        "50m",
    ),
}


def of_two_months(hourly: int, last_week: int) -> str:
    """Give the running total of 60 days with so much an hour, then of 7 other days."""
    return f"0+{hourly}x{60 * 24} {60 * 24 * hourly}+{last_week}x{7 * 24}"


def drifting(name: str, last_week: int) -> dict[str, str]:
    device = '{manufacturer="M",model="X"}'
    return {
        f"mammovlm_{name}_count{device}": of_two_months(10, 10),
        f"mammovlm_{name}_sum{device}": of_two_months(20, last_week),
    }


@pytest.mark.parametrize(
    ("alarm", "series", "is_drift"),
    [
        ("MammoVLMDensityDrift", drifting("density", 25), True),
        ("MammoVLMDensityDrift", drifting("density", 23), False),
        ("MammoVLMLikelihoodDrift", drifting("likelihood", 22), True),
        ("MammoVLMLikelihoodDrift", drifting("likelihood", 20), False),
    ],
)
def test_drift_is_a_week_against_the_two_months_before_it(
    require_program: Callable[..., str],
    tmp_path: Path,
    alarm: str,
    series: dict[str, str],
    is_drift: bool,
) -> None:
    promtool = require_program("promtool", "prometheus")
    rule = rule_of(alarm)
    samples = [{"labels": '{manufacturer="M", model="X"}', "value": 1}]
    asked = {
        "expr": f"({rule['expr']}) * 0 + 1",
        "eval_time": "67d",
        "exp_samples": samples if is_drift else [],
    }
    inputs = [{"series": name, "values": values} for name, values in series.items()]
    test = {"interval": "1h", "input_series": inputs, "promql_expr_test": [asked]}
    (tmp_path / "test.yml").write_text(
        yaml.safe_dump({"rule_files": [], "evaluation_interval": "1d", "tests": [test]})
    )
    done = subprocess.run(
        [promtool, "test", "rules", tmp_path / "test.yml"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def test_prometheus_keeps_what_the_alarms_look_back_at() -> None:
    service = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())["services"][
        "prometheus"
    ]
    (kept,) = (int(days) for days in re.findall(r"retention\.time=(\d+)d", str(service["command"])))
    ranges = re.findall(r"\[(\d+)d\](?: offset (\d+)d)?", ALERTS.read_text())
    assert kept >= max(int(days) + int(offset or 0) for days, offset in ranges) > 60


@pytest.mark.parametrize("alarm", sorted(SITUATIONS))
def test_an_alarm_goes_off_in_its_situation_and_is_silent_before(
    require_program: Callable[..., str], tmp_path: Path, alarm: str
) -> None:
    promtool = require_program("promtool", "prometheus")
    series, when = SITUATIONS[alarm]
    rule = rule_of(alarm)
    rule.pop("annotations")
    (tmp_path / "one.yml").write_text(
        yaml.safe_dump({"groups": [{"name": "one", "rules": [rule]}]})
    )
    inputs = [{"series": name, "values": values} for name, values in series.items()]
    test = {
        "rule_files": ["one.yml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": inputs,
                "alert_rule_test": [{"eval_time": "0m", "alertname": alarm, "exp_alerts": []}],
                "promql_expr_test": [
                    {
                        "expr": f'count(ALERTS{{alertname="{alarm}",alertstate="firing"}})',
                        "eval_time": when,
                        "exp_samples": [{"labels": "{}", "value": 1}],
                    }
                ],
            }
        ],
    }
    (tmp_path / "test.yml").write_text(yaml.safe_dump(test))
    done = subprocess.run(
        [promtool, "test", "rules", tmp_path / "test.yml"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
