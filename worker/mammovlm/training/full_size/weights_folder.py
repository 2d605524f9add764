"""The folder of weights that a worker loads as preset `paper`, from what S0 and S2 left."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from mammovlm.model.encoders import Encoder
from mammovlm.model.heads import HEAD_NAMES
from mammovlm.model.weights import WeightsCard, load_into
from mammovlm.training.density_stage import cooled, temperature
from mammovlm.training.full_size.exams import CompleteExams
from mammovlm.training.full_size.finished_heads import FinishedHead, SeenSplit, finished_heads
from mammovlm.training.full_size.held_out import refuse_known
from mammovlm.training.full_size.networks import JointNetwork, SelectorNetwork
from mammovlm.training.full_size.seen_exams import Look, density_logits, joined, seen_exams
from mammovlm.training.full_size.sizes import Sizes
from mammovlm.training.full_size.stage_record import StageRecord, read_stage
from mammovlm.training.full_size.training_note import training_note
from mammovlm.training.phantom_embeddings import EmbeddedExams, save_embeddings
from mammovlm.training.written_weights import TrainedPart, write_weights

_NO_HEAD = "nothing: too few patients to calibrate a head on"
_EXPERT = "expert_"


@dataclass(frozen=True)
class StageFiles:
    """What a folder of weights is made of.

    Parameters
    ----------
    selector, joint
        What S0 and S2 left.
    text_encoder
        Folder with the config.json and tokenizer.json of the text encoder that S2 trained.
    """

    selector: Path
    joint: Path
    text_encoder: Path


@dataclass(frozen=True)
class ExamSplit:
    """Exams of different patients; the stages learned from those of ``training`` at most."""

    training: CompleteExams
    validation: CompleteExams
    test: CompleteExams


def write_weights_folder(
    folder: Path,
    files: StageFiles,
    sizes: Sizes,
    exams: ExamSplit,
    look: Look,
    *,
    limits: str = "",
    embeddings: Path | None = None,
) -> WeightsCard:
    """Cool the selector, finish the heads, measure them, and write every part with its card.

    This is the work of one process, and the others may end.

    Parameters
    ----------
    folder
        New, or one whose other parts stay, such as the language model's.
    files, sizes, exams, look
        From what, and how.
    limits
        A sentence that a report must say of these weights beside what they rest on.
    embeddings
        Also write there what S3 is trained on; left out where a head is missing.

    Raises
    ------
    WeightsUnusable
        Where a file is not what a stage left, belongs to another architecture, or its networks have
        learned from patients who are held out.
    """
    held_out = {*exams.validation.patients, *exams.test.patients}
    selector, network = SelectorNetwork(sizes.preset), JointNetwork(sizes.preset, sizes.text)
    tensors, density = read_stage(files.selector, "S0")
    load_into(selector, tensors, "density selector")
    tensors, joint = read_stage(files.joint, "S2")
    load_into(network, tensors, "stage S2")
    for record in (density, joint):
        refuse_known(record, held_out)
    for trained in (selector, network):
        trained.train(mode=False).to(look.place.accelerator.device)
    _cool(selector, exams.validation, look)
    seen = SeenSplit(
        *(
            seen_exams(selector, network, each, look)
            for each in (exams.training, exams.validation, exams.test)
        )
    )
    heads = finished_heads(network, seen)
    if embeddings:
        embeddings.unlink(missing_ok=True)  # one of another run must not be taken for this one's
        if set(heads) == set(HEAD_NAMES):
            _write_embeddings(embeddings, seen, heads, joint.trained_on["joint"])
    note = training_note(density.trained_on["selector"], joint.trained_on["joint"], heads, limits)
    _copy_text_encoder(files.text_encoder, folder, sizes)
    parts = _selector_parts(selector, density) | _joint_parts(network, joint, heads)
    return write_weights(
        folder, parts, note, {name: each.threshold for name, each in heads.items()}
    )


def _write_embeddings(
    path: Path, seen: SeenSplit, heads: Mapping[str, FinishedHead], trained_on: str
) -> None:
    everyone = joined([seen.training, seen.validation, seen.test])
    held_out = torch.ones(len(everyone.patients), dtype=torch.int64)
    held_out[: len(seen.training.patients)] = 0
    exams = EmbeddedExams(everyone.embeddings, everyone.density, everyone.fused, held_out)
    finished = {name: each.head for name, each in heads.items()}
    save_embeddings(path, exams, finished, trained_on=trained_on)


def _cool(selector: SelectorNetwork, validation: CompleteExams, look: Look) -> None:
    """Make the selector as sure as it should be, as far as there is anybody to tell that from."""
    if len(validation):
        cooled(selector.head, temperature([density_logits(selector, validation, look)]))


def _selector_parts(selector: SelectorNetwork, record: StageRecord) -> dict[str, TrainedPart]:
    told = record.trained_on["selector"]
    return {
        "selector_encoder": TrainedPart(selector.encoder.backbone.state_dict(), told),
        "density_selector": TrainedPart(selector.head.state_dict(), told),
    }


def _joint_parts(
    network: JointNetwork, record: StageRecord, heads: Mapping[str, FinishedHead]
) -> dict[str, TrainedPart]:
    """Give all that S2 trained; experts that it did not show UMiCon cannot serve (A7)."""
    told, joint = record.trained_on, network.joint
    experts = tuple(name for name in network.experts if f"{_EXPERT}{name}" in told)
    tensors = {
        f"{name}.{key}": tensor
        for name, finished in heads.items()
        for key, tensor in finished.head.state_dict().items()
    }
    parts = {
        "text_encoder": TrainedPart(network.text_encoder.state_dict(), told["text_encoder"]),
        "umicon": TrainedPart(joint.umicon.state_dict(), told["joint"], experts),
        "text_branch": TrainedPart(joint.text_branch.state_dict(), told["joint"]),
        "fusion": TrainedPart(joint.fusion.state_dict(), told["joint"]),
        "heads": TrainedPart(tensors, told["joint"] if heads else _NO_HEAD),
    }
    for name in experts:
        encoder = network.experts[name]
        assert isinstance(encoder, Encoder)
        parts[f"{_EXPERT}{name}"] = TrainedPart(
            encoder.backbone.state_dict(), told[f"{_EXPERT}{name}"]
        )
    return parts


def _copy_text_encoder(source: Path, folder: Path, sizes: Sizes) -> None:
    """Put configuration and tokenizer where the text encoder's weights go."""
    target = folder / "text_encoder"
    target.mkdir(parents=True, exist_ok=True)
    sizes.text.to_json_file(target / "config.json")
    shutil.copyfile(source / "tokenizer.json", target / "tokenizer.json")
