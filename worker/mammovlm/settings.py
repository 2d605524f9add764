"""Every setting of the worker, read once from the environment (prefix ``MAMMOVLM_``).

Any of them may also lie in a file of that name (``mammovlm_broker_password``) in the folder that
``MAMMOVLM_SECRETS_DIR`` names, as Docker and systemd hand over what must not be in the environment.
"""

import os
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

import platformdirs
from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from mammovlm.words import LANGUAGES

DEFAULT_FONT = Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")
"""Of Debian's package fonts-wqy-microhei."""


VERSION = 1
"""Of the settings' layout."""


def _our_version(version: int) -> int:
    if version != VERSION:
        raise ValueError(
            f"must be {VERSION}: these settings were written for another version of MammoVLM"
        )
    return version


def _known_language(tag: str) -> str:
    if tag not in LANGUAGES:
        raise ValueError(f"no sentences in {tag!r}; there are {', '.join(LANGUAGES)}")
    return tag


def _safe_server(url: str) -> str:
    """Refuse an address to which facts about patients would go unencrypted."""
    if not url:
        return url
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must be a plain address; the key has a setting of its own")
    if parts.scheme == "https" and parts.hostname:
        return url
    if parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1"):
        return url
    raise ValueError("must be https://…, or http://127.0.0.1:… on this machine: TLS or loopback")


class Settings(BaseSettings):
    """The worker's settings; an unknown value is refused at start with its name."""

    model_config = SettingsConfigDict(env_prefix="MAMMOVLM_", frozen=True, extra="ignore")

    settings_version: Annotated[int, AfterValidator(_our_version)] = Field(
        VERSION, description="Layout of these settings; those of another version are refused."
    )
    dicomweb_url: str = Field(
        "http://127.0.0.1:8042/dicom-web", description="DICOMweb root of the archive."
    )
    dicomweb_user: str = Field("", description="User for HTTP basic authentication; empty: none.")
    dicomweb_password: SecretStr = Field(SecretStr(""), description="Password for that user.")
    dicomweb_ca_bundle: Path | None = Field(
        None, description="Certificates to trust for HTTPS; none: the system's."
    )
    plugin_url: str = Field(
        "", description="REST address of the plugin; empty: /mammovlm beside dicomweb_url."
    )
    archive_timeout_s: float = Field(
        30.0,
        gt=0,
        description="Longest silence of the archive, and of the plugin: before its answer and "
        "between two bytes of it. For a connection at most 10 seconds.",
    )
    archive_patience_s: float = Field(
        300.0, ge=0, description="How long one job waits for an archive that does not answer."
    )
    broker_url: SecretStr = Field(
        SecretStr("amqp://guest:guest@127.0.0.1:5672//"), description="RabbitMQ, AMQP 0.9.1 URL."
    )
    broker_password: SecretStr = Field(
        SecretStr(""), description="Password for the user of broker_url, where that names none."
    )
    broker_ca_bundle: Path | None = Field(
        None, description="Certificates to trust for amqps; none: the system's."
    )
    broker_certificate: Path | None = Field(
        None, description="Certificate (PEM) that tells the broker who the worker is; with amqps."
    )
    broker_key: Path | None = Field(None, description="Private key (PEM) of that certificate.")
    declare_queues: bool = Field(
        True,
        description="Make the queues; false where the broker's administrator has made them and "
        "the worker may only use them.",
    )
    preset: Literal["compact", "paper"] = Field("compact", description="Which model to run.")
    weights_dir: Path | None = Field(
        None, description="Folder with the weights of the `paper` preset, safetensors only."
    )
    cache_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_cache_dir("mammovlm")),
        description="Where converted weights of the `compact` preset are kept.",
    )
    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|cuda(:\d+)?)$",
        description="Where the model runs: cpu, cuda, cuda:N; auto: the first GPU if there is one.",
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="Of encoders and language model; auto: bfloat16 on a GPU that multiplies it.",
    )
    quantise: Literal["none", "int8", "int4", "auto"] = Field(
        "none",
        description="Weights of the language model's layers; auto: as little as the memory asks.",
    )
    graph_capture: bool = Field(
        True, description="On a GPU, replay the decoding step as a CUDA graph where that works."
    )
    language_model_url: Annotated[str, AfterValidator(_safe_server)] = Field(
        "",
        description="OpenAI-compatible server (root, with /v1) that words the patient's text; "
        "https, or this machine. Empty: the model's own language model.",
    )
    language_model_name: str = Field("", description="Name of the model on that server.")
    language_model_key: SecretStr = Field(SecretStr(""), description="Key for it; empty: none.")
    language_model_ca_bundle: Path | None = Field(
        None, description="Certificates to trust for it; none: those that Python trusts."
    )
    language_model_timeout_s: float = Field(
        20.0, gt=0, description="After so long the template's text goes out."
    )
    language_model_prompt_embeddings: bool = Field(
        False,
        description="The server takes prompt embeddings (vLLM with --enable-prompt-embeds); else "
        "it gets the findings in words alone.",
    )
    threads: int = Field(0, ge=0, description="CPU threads of the model; 0: one per core.")
    model_process: Literal["auto", "always", "never"] = Field(
        "auto",
        description="One process that holds the model for all worker processes and takes their "
        "studies in batches; auto: on a GPU. never: each worker process holds its own model.",
    )
    batch_studies: int = Field(
        8, gt=0, description="Studies that the model process takes at once, at most."
    )
    batch_wait_ms: int = Field(
        20, ge=0, description="How long a study waits for others that could share its batch."
    )
    model_patience_s: float = Field(
        300.0, ge=0, description="How long one job waits for a model process that is not there."
    )
    model_silence_s: float = Field(
        120.0,
        ge=5,
        description="After so long without a sign of life (it gives one a second) the model "
        "process is ended and started anew.",
    )
    model_batch_limit_s: float = Field(
        300.0,
        gt=0,
        description="After so long at one batch the model process ends and is started anew; each "
        "of the batch's studies is then tried once more alone. Below task_soft_time_limit_s.",
    )
    language: Annotated[str, AfterValidator(_known_language)] = Field(
        "en-US", description=f"Language of the words: {', '.join(LANGUAGES)}."
    )
    include_patient_text: bool = Field(True, description="Put the patient's draft in the report.")
    structured_report: bool = Field(
        True,
        description="Store the structured report (TID 1500), from which the page's numbers, "
        "questions and metrics of drift come. Where it is off, pdf_report or cad_report must be "
        "on; the latter alone holds density and regions only.",
    )
    sr_class: Literal["comprehensive", "comprehensive3d"] = Field(
        "comprehensive", description="SOP class of the structured report."
    )
    sr_character_set: Literal["ISO_IR 192", "ISO_IR 100"] = Field(
        "ISO_IR 192", description="Character set of the report; ISO_IR 100 for old archives."
    )
    cad_report: bool = Field(
        False, description="Also store a Mammography CAD SR (density, regions), for workstations."
    )
    pdf_report: bool = Field(True, description="Also store a one-page PDF (Encapsulated PDF).")
    presentation_state: bool = Field(
        True, description="Also store a presentation state that draws the regions, if any."
    )
    heat_maps: bool = Field(
        False, description="Also store a picture of each view with the model's evidence in colours."
    )
    pdf_font: Path = Field(
        DEFAULT_FONT, description="TrueType font for what the page's own lacks, such as Chinese."
    )
    refusal_report: bool = Field(
        False, description="Store a report without numbers that says why a study has no result."
    )
    suspicion_threshold: float = Field(
        0.5, ge=0, le=1, description="A category is suggested only outside the interval around it."
    )
    max_rows_columns: int = Field(16384, gt=0, description="Larger images are refused.")
    max_pixels: int = Field(
        100_000_000, gt=0, description="Images with more rows times columns are refused."
    )
    max_file_bytes: int = Field(512 * 2**20, gt=0, description="Larger files are refused.")
    log_format: Literal["plain", "json"] = Field(
        "plain", description="json: one JSON object a line, with study and job."
    )
    task_time_limit_s: int = Field(900, gt=0, description="Hard limit of one analysis.")
    task_soft_time_limit_s: int = Field(840, gt=0, description="Soft limit of one analysis.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read secrets from files too, where the environment does not have them."""
        folder = os.environ.get("MAMMOVLM_SECRETS_DIR")
        files = SecretsSettingsSource(settings_cls, folder) if folder else file_secret_settings
        return init_settings, env_settings, files

    @model_validator(mode="after")
    def _certificate_has_its_key(self) -> Self:
        """Refuse half of a pair, and certificates that an unencrypted connection would not use."""
        if (self.broker_certificate is None) != (self.broker_key is None):
            raise ValueError("broker_certificate and broker_key belong together: give both")
        is_encrypted = self.broker_url.get_secret_value().startswith("amqps://")
        if not is_encrypted and (self.broker_ca_bundle or self.broker_certificate):
            raise ValueError("broker_ca_bundle and broker_certificate need amqps:// in broker_url")
        return self

    @model_validator(mode="after")
    def _every_study_gets_a_result(self) -> Self:
        """Refuse settings with which a study could be done and nothing would be stored.

        Presentation states and heat maps do not count: not every study has them.
        """
        if not (self.structured_report or self.cad_report or self.pdf_report):
            raise ValueError(
                "nothing would be stored: set MAMMOVLM_STRUCTURED_REPORT, MAMMOVLM_CAD_REPORT or "
                "MAMMOVLM_PDF_REPORT to true"
            )
        return self

    @model_validator(mode="after")
    def _server_has_its_model(self) -> Self:
        """Refuse half of what a language model on a server needs."""
        if bool(self.language_model_url) != bool(self.language_model_name):
            raise ValueError("language_model_url and language_model_name belong together")
        if self.language_model_prompt_embeddings and not self.language_model_url:
            raise ValueError("language_model_prompt_embeddings needs language_model_url")
        return self

    @property
    def plugin_address(self) -> str:
        """Where the plugin's REST interface is: beside Orthanc's DICOMweb unless set."""
        root, _, _ = self.dicomweb_url.rstrip("/").rpartition("/")
        return self.plugin_url or f"{root}/mammovlm"

    @model_validator(mode="after")
    def _words_fit_the_character_set(self) -> Self:
        """Refuse a character set in which every word would become a question mark."""
        if self.sr_character_set == "ISO_IR 100" and not LANGUAGES[self.language].latin_1:
            raise ValueError(
                f"ISO_IR 100 (sr_character_set) cannot write {self.language} (language): "
                "choose ISO_IR 192, or a language in Latin letters"
            )
        return self


def complaints(error: ValidationError) -> list[str]:
    """Say which settings make no sense and why, as variables of the environment.

    Their values may be secret and are left out.
    """
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    return [_complaint(fault["loc"], fault["msg"]) for fault in faults]


def _complaint(location: tuple[int | str, ...], message: str) -> str:
    name = "".join(f"MAMMOVLM_{part}: ".upper() for part in location[:1])
    return name + message.removeprefix("Value error, ")
