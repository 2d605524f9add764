"""Settings of the local stack: where it keeps its files and on which ports it listens."""

from pathlib import Path

import platformdirs
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from mammovlm.stack.reading_processes import default_processes

CHECKOUT = Path(__file__).resolve().parents[3]
OHIF = "ohif-3.13.2-1"
"""Name of the viewer's folder: OHIF's version and the edition of our changes to its addresses."""


class StackSettings(BaseSettings):
    """Settings of the local stack, from the environment (prefix ``MAMMOVLM_``).

    The programs' own settings (quiet time, deadline, preset, ...) pass through the environment
    unchanged; only what the stack must know itself is here.
    """

    model_config = SettingsConfigDict(env_prefix="MAMMOVLM_", frozen=True, extra="ignore")

    home: Path = Field(CHECKOUT, description="The checkout with the folders orthanc and plugin.")
    var: Path = Field(CHECKOUT / "var", description="Where data, logs and sockets are kept.")
    http_port: int = Field(8042, gt=0, lt=65536, description="Orthanc's REST and DICOMweb.")
    dicom_port: int = Field(4242, gt=0, lt=65536, description="Orthanc's C-STORE.")
    amqp_port: int = Field(5672, gt=0, lt=65536, description="RabbitMQ.")
    dist_port: int = Field(25672, gt=0, lt=65536, description="Erlang distribution of RabbitMQ.")
    epmd_port: int = Field(25673, gt=0, lt=65536, description="Erlang port mapper of RabbitMQ.")
    workers: int | None = Field(
        None,
        gt=0,
        description="Worker processes; on a processor each has its own model. Unset: 1, on a GPU 4 "
        "that read ahead for one model, or as many as there are cores.",
    )
    ohif_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_cache_dir("mammovlm"), OHIF),
        description="The viewer OHIF as scripts/ohif-viewer.sh makes it; it may be missing.",
    )
    start_timeout_s: float = Field(180.0, gt=0, description="How long one program may start.")
    stop_timeout_s: int = Field(60, gt=0, description="How long a worker may end its study.")

    @property
    def processes(self) -> int:
        """Number of worker processes."""
        return self.workers or default_processes()

    @property
    def http_url(self) -> str:
        """Orthanc's address on this machine."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def has_ohif(self) -> bool:
        """Whether the viewer was set up."""
        return (self.ohif_dir / "index.html").is_file()

    @property
    def served_ohif_dir(self) -> Path:
        """The viewer's folder or, where it is missing, one that says so: Orthanc needs a folder."""
        return self.ohif_dir if self.has_ohif else self.home / "orthanc" / "without_ohif"

    @property
    def broker_url(self) -> str:
        """RabbitMQ's address on this machine; its guest is let in from loopback only."""
        return f"amqp://guest:guest@127.0.0.1:{self.amqp_port}//"
