"""What the networks make of a study before fusion, beyond what a report needs.

The worker fuses one image branch with one text branch. An evaluation asks what each of them brings
(four-systems 5.3, rule 3) and what the other experts would have seen (A7, A24).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mammovlm.model import ModelOutput
from mammovlm.model.expert_view import expert_view
from mammovlm.model.image_processor import ImageProcessor
from mammovlm.model.metadata_text import FIELDS, metadata_text
from mammovlm.model.parts import JointParts, LoadedParts
from mammovlm.study import Laterality, Study
from mammovlm.training.evaluation_scores import (
    METADATA,
    METADATA_AND_REPORT,
    NOTHING,
    REPORT,
    Branches,
)
from mammovlm.training.packed_rows import packed
from mammovlm.training.zero_shot import zero_shot_malignancy


@dataclass(frozen=True)
class StudyProbe:
    """Asks a loaded model for more than the worker does.

    Parameters
    ----------
    parts
        Those of the model that assesses the studies.
    every_expert
        Whether all experts look, not only the one that the density picks.
    """

    parts: LoadedParts
    every_expert: bool = False

    @property
    def experts(self) -> tuple[str, ...]:
        """Names of all experts that have weights."""
        return tuple(self.parts.moe.experts)

    def knows(self, branches: Branches | None) -> bool:
        """Tell whether an earlier look at a study was as thorough as this one would be."""
        if branches is None or not self.every_expert:
            return True
        return set(self.experts) <= set(branches.images)

    def zero_shot(self, study: Study, output: ModelOutput) -> float | None:
        """Give the language model's own score; None where it or UMiCon is untrained."""
        if self.parts.joint is None:
            return None
        slots = [view.slot for view in study.views]
        return zero_shot_malignancy(
            self.parts.language_model.first_word_share, output.embeddings, slots
        )

    @torch.inference_mode()
    def branches(
        self, study: Study, output: ModelOutput, reports: Mapping[Laterality, str]
    ) -> Branches | None:
        """Give images and texts before fusion.

        Parameters
        ----------
        output
            Of the model, for this study.
        reports
            Scrubbed, by breast; used only where there is one for every breast of the study.
        """
        density = output.findings.density
        route = self.parts.moe.route(density.category if density else None)
        if self.parts.joint is None or route is None:
            return None
        images = {route.expert: packed(torch.from_numpy(output.embeddings))}
        if self.every_expert:
            others = [name for name in self.experts if name != route.expert]
            images |= {name: packed(image) for name, image in self._seen(study, others).items()}
        texts = _texts(self.parts.joint, study, output, reports)
        return Branches(
            tuple(view.slot for view in study.views),
            route.expert,
            images,
            {name: packed(text) for name, text in texts.items()},
        )

    def _seen(self, study: Study, experts: Sequence[str]) -> dict[str, Tensor]:
        """Let experts look, and project what they see: (views, 128) each."""
        joint, preset = self.parts.joint, self.parts.preset
        assert joint is not None
        processor = ImageProcessor(preset.height, preset.width)
        placed = [processor.placed(view.pixels, view.breast)[0] for view in study.views]
        grey = torch.stack(placed).to(next(joint.umicon.parameters()).device)
        seen = {}
        for name in experts:
            encoder = self.parts.moe.expert(name)
            adapter = joint.umicon.adapter(name)
            looks = [adapter(expert_view(encoder(view), view)) for view in grey.split(1)]
            seen[name] = joint.umicon(torch.cat(looks))
        return seen


def _texts(
    joint: JointParts, study: Study, output: ModelOutput, reports: Mapping[Laterality, str]
) -> dict[str, Tensor]:
    density = output.findings.density
    category = density.category if density else None
    told = [metadata_text(view.slot, view.metadata, category) for view in study.views]
    blank = [metadata_text(view.slot, {}, None, FIELDS) for view in study.views]
    metadata, nothing = joint.text_encoder(told), joint.text_encoder(blank)
    texts = {METADATA: joint.text_branch(metadata), NOTHING: joint.text_branch(nothing)}
    if all(view.slot.laterality in reports for view in study.views):
        report = joint.text_encoder([reports[view.slot.laterality] for view in study.views])
        texts[METADATA_AND_REPORT] = joint.text_branch(metadata, report)
        texts[REPORT] = joint.text_branch(nothing, report)
    return texts
