"""What the stack writes for supervisord and RabbitMQ."""

import re
import shlex
import tempfile
from collections.abc import Iterator
from configparser import RawConfigParser
from pathlib import Path

import pytest

from mammovlm.stack import PROGRAMS, StackSettings
from mammovlm.stack.program import Program
from mammovlm.stack.supervision import configuration


def written(settings: StackSettings) -> RawConfigParser:
    programs = [make(settings) for make in PROGRAMS.values()]
    parser = RawConfigParser(delimiters=("=",), strict=True)
    parser.read_string(configuration(settings, programs))
    return parser


def program(settings: StackSettings, name: str) -> Program:
    return PROGRAMS[name](settings)


def test_programs_start_in_order_of_need_and_so_stop_backwards(tmp_path: Path) -> None:
    parser = written(StackSettings(var=tmp_path))
    order = {name: int(parser[f"program:{name}"]["priority"]) for name in PROGRAMS}
    assert sorted(order, key=lambda name: order[name]) == ["epmd", "rabbitmq", "orthanc", "worker"]


@pytest.fixture
def short_path() -> Iterator[Path]:
    """Give a folder in whose path a socket's name still fits, however deep pytest's own lies."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_every_file_of_the_stack_lies_in_its_folder(short_path: Path) -> None:
    parser = written(StackSettings(var=short_path))
    keys = ("file", "logfile", "pidfile", "stdout_logfile")
    paths = [parser[s][key] for s in parser.sections() for key in keys if key in parser[s]]
    assert len(paths) == 3 + len(PROGRAMS)
    assert all(Path(path).is_relative_to(short_path) for path in paths)


def test_supervisord_is_reached_by_its_owner_only_and_not_by_network(tmp_path: Path) -> None:
    parser = written(StackSettings(var=tmp_path))
    assert "inet_http_server" not in parser
    assert parser["unix_http_server"]["chmod"] == "0700"


def test_a_socket_path_never_outgrows_what_the_system_allows(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 30)
    one = written(StackSettings(var=deep / "a"))["unix_http_server"]["file"]
    other = written(StackSettings(var=deep / "b"))["unix_http_server"]["file"]
    assert len(one) < 100
    assert one != other, "two stacks must never share a socket"


def test_percent_signs_and_blanks_in_folder_names_survive(tmp_path: Path) -> None:
    home = tmp_path / "100 % mine"
    parser = written(StackSettings(var=tmp_path / "var %d", home=home))
    command = shlex.split(parser["program:orthanc"]["command"].replace("%%", "%"))
    assert command[1] == str(home / "orthanc" / "orthanc.json")
    for section in parser.sections():
        for value in parser[section].values():
            assert "%" not in value.replace("%%", "")


def test_a_worker_may_end_its_study_before_it_is_killed(tmp_path: Path) -> None:
    parser = written(StackSettings(var=tmp_path, stop_timeout_s=77))
    assert parser["program:worker"]["stopwaitsecs"] == "77"


def test_the_broker_listens_on_loopback_only(tmp_path: Path) -> None:
    broker = program(StackSettings(var=tmp_path), "rabbitmq")
    listeners = [x for x in "".join(broker.files.values()).splitlines() if "listeners" in x]
    assert listeners == ["listeners.tcp.loopback = 127.0.0.1:5672"]
    assert "{127,0,0,1}" in broker.environment["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"]


def test_the_broker_keeps_out_of_the_users_home_and_of_the_systems_settings(tmp_path: Path) -> None:
    environment = program(StackSettings(var=tmp_path), "rabbitmq").environment
    names = [n for n in environment if n == "HOME" or n.endswith(("_FILE", "_BASE", "_DUMP"))]
    assert len(names) >= 9
    assert all(Path(environment[name]).is_relative_to(tmp_path) for name in names)


def test_worker_and_orthanc_follow_changed_ports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAMMOVLM_BROKER_URL", raising=False)
    monkeypatch.delenv("MAMMOVLM_DICOMWEB_URL", raising=False)
    settings = StackSettings(var=tmp_path, http_port=18042, amqp_port=15672)
    worker = program(settings, "worker").environment
    assert worker["MAMMOVLM_DICOMWEB_URL"] == "http://127.0.0.1:18042/dicom-web"
    assert worker["MAMMOVLM_BROKER_URL"] == "amqp://guest:guest@127.0.0.1:15672//"
    orthanc = program(settings, "orthanc").environment
    assert orthanc["MAMMOVLM_BROKER_URL"] == worker["MAMMOVLM_BROKER_URL"]
    assert orthanc["MAMMOVLM_HTTP_PORT"] == "18042"


def test_an_address_with_a_password_is_inherited_and_not_written_to_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAMMOVLM_BROKER_URL", "amqps://site:secret@broker.test//")
    settings = StackSettings(var=tmp_path)
    programs = [make(settings) for make in PROGRAMS.values()]
    assert "secret" not in configuration(settings, programs)
    assert "MAMMOVLM_BROKER_URL" not in program(settings, "worker").environment


def test_orthanc_serves_the_viewer_where_there_is_one_and_a_folder_that_exists_where_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAMMOVLM_OHIF_DIR", raising=False)
    missing = StackSettings(var=tmp_path, ohif_dir=tmp_path / "ohif")
    served = Path(program(missing, "orthanc").environment["MAMMOVLM_OHIF_DIR"])
    assert served.is_dir()
    assert not (served / "index.html").exists()
    (tmp_path / "ohif").mkdir()
    (tmp_path / "ohif" / "index.html").write_text("")
    assert program(missing, "orthanc").environment["MAMMOVLM_OHIF_DIR"] == str(tmp_path / "ohif")


def test_the_stack_looks_for_the_viewer_where_the_script_puts_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = (Path(__file__).parents[2] / "scripts" / "ohif-viewer.sh").read_text()
    version = re.search(r"^version=(.+)$", script, re.MULTILINE)
    edition = re.search(r"ohif-\$version-(\d+)", script)
    assert version
    assert edition
    monkeypatch.delenv("MAMMOVLM_OHIF_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    name = f"ohif-{version[1]}-{edition[1]}"
    assert StackSettings().ohif_dir == tmp_path / "mammovlm" / name
