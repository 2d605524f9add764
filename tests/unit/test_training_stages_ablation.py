"""Every row of the ablation is trained, measured on women kept back, and told apart."""

import dataclasses
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from mammovlm.model.expert_view import POOLS
from mammovlm.model.heads import HEAD_NAMES, PRESENCE
from mammovlm.model.presets import PRESETS, EncoderSpec, Preset, TextEncoderSpec, UMiConSpec
from mammovlm.training.ablation import ROWS, SEEDS, AblationRow, ablation
from mammovlm.training.compact_joint import finished_heads
from mammovlm.training.compact_run import CompactConfig
from mammovlm.training.joint_data import JointData
from mammovlm.training.joint_settings import JointWomen, Setting, spec_for, train_setting
from mammovlm.training.joint_stage import JointConfig
from mammovlm.training.routed_views import RoutedViews
from mammovlm.training.written_weights import TrainedPart, write_weights

WIDTH, TEXT, MASKED = 16, 8, 20
TRAIN, VALIDATION, TEST = torch.arange(120).split([60, 20, 40])


def preset() -> Preset:
    compact = PRESETS["compact"]
    experts: dict[str, EncoderSpec] = {
        name: dataclasses.replace(spec, width=WIDTH) for name, spec in compact.experts.items()
    }
    text = TextEncoderSpec("made up", TEXT, "mean", 8)
    umicon = UMiConSpec(pooling="mean", hidden=(32, 32, 32, 32, 32), size=16)
    return dataclasses.replace(compact, experts=experts, text=text, umicon=umicon)


def women() -> JointWomen:
    """Make women whose features tell presence and nothing of suspicion."""
    generator = torch.Generator().manual_seed(0)
    presence = torch.randint(0, 2, (120, 2), generator=generator)
    drawn = torch.randint(0, 2, (120, 2), generator=generator)
    pools = torch.randn(120, 4, len(POOLS), WIDTH, generator=generator)
    pools[..., 0] += 4.0 * presence.repeat(1, 2)[:, :, None]
    seen = RoutedViews(pools, torch.zeros(120, 4, 1), torch.zeros(120, 4, 2))
    text = torch.zeros(2, 120, 4, TEXT)
    data = JointData(
        vectors=torch.zeros(120, 4, 0),
        routes=torch.randint(0, 3, (120,), generator=generator),
        texts=text,
        blank=text[0],
        reports=torch.randn(120, 4, TEXT, generator=generator),
        presence=presence,
        suspicious=torch.where(presence == 1, drawn, -1),
    )
    some = seen.rows(torch.arange(MASKED))
    by_expert = dict.fromkeys(PRESETS["compact"].experts, seen.rows(TRAIN))
    return JointWomen(
        seen,
        by_expert,
        seen.rows(TEST),
        (some, some),
        data,
        train=TRAIN,
        validation=VALIDATION,
        test=TEST,
    )


@pytest.fixture(scope="module")
def rows() -> list[AblationRow]:
    settings = {
        "supervised only": Setting("mean"),
        "all": Setting("mean", unimodal=True, multimodal=True, contrast=1.0),
    }
    told = list[tuple[str, int, int]]()
    config = JointConfig(epochs=15, batch=16, rate=3e-3)
    found = ablation(
        women(),
        {},
        preset(),
        config=config,
        told=lambda stage, done, total: told.append((stage, done, total)),
        settings=settings,
    )
    assert told[-1] == ("ablation", 2 * len(SEEDS), 2 * len(SEEDS))
    return found


def test_what_the_images_tell_is_learned_in_every_row(rows: list[AblationRow]) -> None:
    for row in rows:
        assert row.auc[PRESENCE].value > 0.85
        assert row.auc[PRESENCE].low <= row.auc[PRESENCE].value <= row.auc[PRESENCE].high
        assert set(row.auc) == set(HEAD_NAMES)


def test_every_seed_is_told_for_itself(rows: list[AblationRow]) -> None:
    for row in rows:
        assert all(len(values) == len(SEEDS) for values in row.by_seed.values())
        assert len(set(row.by_seed[PRESENCE])) > 1


def test_only_rows_with_stage_s1_tell_of_it(rows: list[AblationRow]) -> None:
    supervised, everything = rows
    assert supervised.spread is None
    assert supervised.retrieved is None
    assert everything.spread is not None
    assert everything.retrieved is not None


def test_each_of_the_papers_rows_adds_one_thing_to_the_row_before() -> None:
    *paper, linear = ROWS.values()
    for before, after in pairwise(paper):
        changed = [
            name
            for name, value in dataclasses.asdict(after).items()
            if value != dataclasses.asdict(before)[name]
        ]
        assert len(changed) == 1
    assert linear.linear
    assert spec_for(preset(), linear).hidden == ()


def test_a_fixed_seed_gives_the_same_files_whatever_was_drawn_before(tmp_path: Path) -> None:
    everyone, setting = women(), Setting("mean", unimodal=True, multimodal=True, contrast=1.0)
    config = CompactConfig(members=4, joint=JointConfig(epochs=3, batch=16))
    cards, points = [], list[tuple[str, int]]()
    for name, disturbed in (("once", 5), ("again", 6)):
        torch.manual_seed(disturbed)
        trained = train_setting(
            setting,
            everyone,
            {},
            preset(),
            config=config.joint,
            told=lambda *_: None,
            curve=lambda name, epoch, _: points.append((name, epoch)),
        )
        train, validation = trained.data.rows(TRAIN), trained.data.rows(VALIDATION)
        heads = finished_heads(trained.model, train, validation, config)
        parts = {
            "umicon": trained.model.umicon.state_dict(),
            "text_branch": trained.model.text_branch.state_dict(),
            "fusion": trained.model.fusion.state_dict(),
            "heads": torch.nn.ModuleDict(dict(heads)).state_dict(),
        }
        told = {part: TrainedPart(tensors, "made up") for part, tensors in parts.items()}
        cards.append(write_weights(tmp_path / name, told))
    assert cards[0] == cards[1]  # with the hash of every file
    assert len({part.sha256 for part in cards[0].parts.values()}) == len(parts)
    assert [epoch for name, epoch in points if name == "S2"] == [1, 2, 3] * 2
    assert {name for name, _ in points} == {"S1", "spread", "S2"}
