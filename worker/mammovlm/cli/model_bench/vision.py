"""From a study that was read to its findings: the whole, and each stage of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from mammovlm.cli.model_bench.subject import Subject
from mammovlm.cli.model_bench.timing import Spread, StageClock, timed
from mammovlm.model import networks
from mammovlm.model.mammovlm import MammoVLM
from mammovlm.model.model_input import ModelInput, prepared
from mammovlm.study import Study

PREPARE = "prepare (crop, window, letterbox; no GPU)"
REST = "the rest (transfer, pooling, routing, heads, regions, findings)"


@dataclass(frozen=True)
class VisionMeasured:
    """What one study of four views costs, shown to one expert.

    Parameters
    ----------
    expert
        The paper's name for it.
    prepare
        Seconds to prepare the study.
    assessed
        Seconds from the prepared study to its findings, alone.
    together
        Seconds for a whole batch, by the number of its studies.
    stages
        Seconds of the alone study's stages, medians.
    """

    expert: str
    prepare: Spread
    assessed: Spread
    together: dict[int, Spread]
    stages: dict[str, float]


def experts_to_measure(subject: Subject) -> list[str]:
    """Name the experts that differ in more than their weights."""
    different: dict[str, str] = {}
    for name, spec in subject.preset.experts.items():
        different.setdefault(spec.architecture, name)
    return list(different.values())


def measure_vision(
    subject: Subject, expert: str, study: Study, batches: Sequence[int], repeats: int
) -> VisionMeasured:
    """Time a study alone and in batches.

    Parameters
    ----------
    expert
        Which one sees it.
    study
        Four views.
    batches
        Numbers of studies that are assessed together.
    """
    model, device = subject.routed_to(expert), subject.compute.device
    prepare = Spread.of(timed(lambda: prepared(study, subject.preset), repeats, device))
    given = prepared(study, subject.preset)
    alone = timed(lambda: model.assess_together([given]), repeats, device)
    return VisionMeasured(
        expert=expert,
        prepare=prepare,
        assessed=Spread.of(alone),
        together={
            count: Spread.of(timed(partial(model.assess_together, batch), repeats, device))
            for count, batch in ((count, [given] * count) for count in batches)
        },
        stages={PREPARE: prepare.median} | _stages(subject, model, expert, given, repeats),
    )


def _stages(
    subject: Subject, model: MammoVLM, expert: str, given: ModelInput, repeats: int
) -> dict[str, float]:
    runs: list[dict[str, float]] = []
    for _ in range(repeats):
        clock = StageClock(subject.compute.device)
        with clock.watching(_watched(subject, expert)):
            (total,) = timed(
                lambda: model.assess_together([given]), 1, subject.compute.device, warm_up=0
            )
        runs.append(clock.seconds | {REST: total - sum(clock.seconds.values())})
    return {stage: Spread.of([run[stage] for run in runs]).median for stage in runs[0]}


def _watched(subject: Subject, expert: str) -> list[tuple[object, str, str]]:
    selector, joint, moe = subject.parts.selector, subject.parts.joint, subject.parts.moe
    assert selector is not None, "a measured model has all its parts"
    assert joint is not None, "a measured model has all its parts"
    umicon = "UMiCon (pooling, lesion finder if any, projection)"
    adapter = joint.umicon.adapter(expert)
    return [
        (selector.encoder, "forward", "density selector"),
        (selector.head, "forward", "density selector"),
        (moe.expert(expert), "forward", "expert"),
        (adapter, "look", umicon),
        (adapter, "sum_up", umicon),
        (adapter, "scaled", umicon),
        (joint.umicon, "forward", umicon),
        (joint.text_encoder, "forward", "text encoder and projection"),
        (joint.text_branch, "forward", "text encoder and projection"),
        (joint.fusion, "forward", "fusion"),
        (networks, "decisive_cells", "class activation for regions"),
    ]
