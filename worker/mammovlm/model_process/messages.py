"""What is asked of the model process and what it answers, to messages and back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from pydantic import TypeAdapter

from mammovlm.errors import LanguageModelUnavailable, ModelFailed
from mammovlm.evidence import EvidenceMap
from mammovlm.findings import Algorithm, Findings
from mammovlm.model import ModelOutput
from mammovlm.model.image_processor import Placement
from mammovlm.model.model_input import ModelInput, ViewInput
from mammovlm.model.write_request import WriteRequest
from mammovlm.model_process.wire import Kind, Message
from mammovlm.study import LeftOut, Slot


@dataclass(frozen=True)
class _View:
    """A `ViewInput` without its image."""

    slot: Slot
    sop_instance_uid: str
    placement: Placement
    rows: int
    columns: int
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class _Study:
    """A `ModelInput` without its images."""

    study_instance_uid: str
    views: tuple[_View, ...]
    missing: tuple[Slot, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True)
class _Evidence:
    """An `EvidenceMap` without its numbers."""

    sop_instance_uid: str
    top: float
    left: float
    bottom: float
    right: float
    marked_from: float


@dataclass(frozen=True)
class _Output:
    """A `ModelOutput` without its arrays."""

    findings: Findings
    evidence: tuple[_Evidence, ...]


@dataclass(frozen=True)
class _Words:
    """A `WriteRequest` without its embeddings."""

    prompt: str
    slots: tuple[Slot, ...]
    likely: tuple[str, ...]


_AWAY, _MEMORY, _FAULT = "language model away", "too little memory", "fault"
_ALGORITHM: Final = TypeAdapter(Algorithm)
_STUDY: Final = TypeAdapter(_Study)
_OUTPUT: Final = TypeAdapter(_Output)
_WORDS: Final = TypeAdapter(_Words)


def ready_message(algorithm: Algorithm) -> Message:
    """Say who answers."""
    return Message(Kind.READY, _plain(_ALGORITHM, algorithm))


def algorithm_of(message: Message) -> Algorithm:
    """Read `ready_message`."""
    return _ALGORITHM.validate_python(message.content)


def begun_message(is_alone: bool) -> Message:
    """Say that work on a request begins, and whether it is the only one that is worked on."""
    return Message(Kind.BEGUN, is_alone=is_alone)


def study_message(study: ModelInput) -> Message:
    """Ask for an assessment of a prepared study."""
    views = tuple(
        _View(
            view.slot,
            view.sop_instance_uid,
            view.placement,
            view.rows,
            view.columns,
            dict(view.metadata),
        )
        for view in study.views
    )
    content = _Study(study.study_instance_uid, views, study.missing, study.left_out)
    return Message(Kind.ASSESS, _plain(_STUDY, content), [view.grey for view in study.views])


def study_of(message: Message) -> ModelInput:
    """Read `study_message`."""
    study = _STUDY.validate_python(message.content)
    views = tuple(
        ViewInput(
            view.slot,
            view.sop_instance_uid,
            grey,
            view.placement,
            view.rows,
            view.columns,
            view.metadata,
        )
        for view, grey in zip(study.views, message.arrays, strict=True)
    )
    return ModelInput(study.study_instance_uid, views, study.missing, study.left_out)


def output_message(output: ModelOutput) -> Message:
    """Answer with an assessment."""
    evidence = tuple(
        _Evidence(
            each.sop_instance_uid,
            each.top,
            each.left,
            each.bottom,
            each.right,
            each.marked_from,
        )
        for each in output.evidence
    )
    arrays = [output.embeddings, *(each.logits for each in output.evidence)]
    return Message(Kind.ASSESSED, _plain(_OUTPUT, _Output(output.findings, evidence)), arrays)


def output_of(message: Message) -> ModelOutput:
    """Read `output_message`."""
    output = _OUTPUT.validate_python(message.content)
    embeddings, *maps = message.arrays
    evidence = tuple(
        EvidenceMap(logits=logits, **asdict(each))
        for each, logits in zip(output.evidence, maps, strict=True)
    )
    return ModelOutput(output.findings, embeddings, evidence)


def words_message(request: WriteRequest) -> Message:
    """Ask for words."""
    content = _Words(request.prompt, tuple(request.slots), tuple(request.likely))
    return Message(Kind.WRITE, _plain(_WORDS, content), [request.embeddings])


def words_of(message: Message) -> WriteRequest:
    """Read `words_message`."""
    words = _WORDS.validate_python(message.content)
    (embeddings,) = message.arrays
    return WriteRequest(words.prompt, embeddings, words.slots, words.likely)


def written_message(text: str) -> Message:
    """Answer with words."""
    return Message(Kind.WRITTEN, {"text": text})


def text_of(message: Message) -> str:
    """Read `written_message`."""
    return str(message.content["text"])


def failed_message(failure: ModelFailed | LanguageModelUnavailable) -> Message:
    """Answer that it did not work."""
    if isinstance(failure, LanguageModelUnavailable):
        return Message(Kind.FAILED, {"what": _AWAY, "detail": str(failure)})
    what = _MEMORY if failure.is_memory else _FAULT
    return Message(Kind.FAILED, {"what": what, "detail": failure.detail})


def failure_of(message: Message) -> ModelFailed | LanguageModelUnavailable:
    """Read `failed_message`."""
    what, detail = message.content["what"], str(message.content["detail"])
    if what == _AWAY:
        return LanguageModelUnavailable(detail)
    return ModelFailed(detail, is_memory=what == _MEMORY)


def _plain(adapter: TypeAdapter[Any], value: object) -> dict[str, Any]:
    """Turn a dataclass into what JSON can hold; read back it is equal, to the last digit."""
    plain: dict[str, Any] = adapter.dump_python(value, mode="json")
    return plain
