"""The radiologist's summary gives every number of the findings, and what it rests on."""

from dataclasses import replace

from mammovlm.explanation import explain
from mammovlm.findings import (
    BreastFindings,
    Density,
    Findings,
    Likelihood,
    ViewFindings,
)
from mammovlm.study import HANGING_ORDER, Laterality, LeftOut, LeftOutReason
from random_findings import random_findings


def findings() -> Findings:
    dense, scattered = Density((0.01, 0.1, 0.7, 0.19)), Density((0.1, 0.6, 0.2, 0.1))
    experts = ("convnext", "convnext", "clip")
    return replace(
        random_findings(0),
        views=tuple(
            ViewFindings(slot, "1.2", dense, expert, 0.4)
            for slot, expert in zip(HANGING_ORDER, experts, strict=False)
        ),
        breasts=(
            BreastFindings(
                Laterality.RIGHT,
                dense,
                Likelihood(0.8, 0.6, 0.9, calibrated=True),
                Likelihood(0.34, 0.21, 0.5, calibrated=True),
            ),
            BreastFindings(
                Laterality.LEFT,
                scattered,
                None,
                Likelihood(0.1, 0.04, 0.2, calibrated=False),
            ),
        ),
        density=dense,
        missing=(HANGING_ORDER[3],),
        left_out=(
            LeftOut("1", LeftOutReason.SPOT_COMPRESSION),
            LeftOut("2", LeftOutReason.SPOT_COMPRESSION),
            LeftOut("3", LeftOutReason.IMPLANT_IN_VIEW),
        ),
        not_available=("risk",),
    )


def test_the_summary_in_full() -> None:
    assert explain(findings(), None).summary == (
        "Breast density: BI-RADS C (probability 70 %), right C (70 %), left B (60 %). "
        "The breasts are heterogeneously dense, which may obscure small masses. "
        "Likelihood of a finding to assess (BI-RADS 3 or higher against 1 and 2): right 80 % "
        "(95 % interval 60 % to 90 %, calibrated). "
        "Likelihood of BI-RADS 4 or higher against 3, given a finding: right 34 % (95 % interval "
        "21 % to 50 %, calibrated); left 10 % (95 % interval 4 % to 20 %, not calibrated). "
        "Experts: convnext for RCC, LCC; clip for RMLO. "
        "Missing views: LMLO. "
        "Images not analyzed: 2 spot compression, 1 implant in view. "
        "No number, because no trained weights: risk. "
        "The numbers rest on nothing: this is a test. "
        "MammoVLM 0.1.0, preset compact. "
        "Research use only. Not a medical device, not cleared, not for diagnostic use. "
        "Made by software and not verified by a person."
    )


def test_the_chinese_summary_in_full() -> None:
    assert explain(findings(), None, "zh-CN").summary == (
        "乳腺密度：BI-RADS C 类（概率 70%），右侧 C 类（70%），左侧 B 类（60%）。"
        "乳腺呈不均匀致密，可能掩盖小肿块。"
        "存在需要评估的发现的可能性（BI-RADS 3 类及以上，相对于 1 类和 2 类）：右侧 80%"
        "（95% 区间 60% 至 90%，已校准）。"
        "在有发现的前提下，BI-RADS 4 类及以上相对于 3 类的可能性：右侧 34%（95% 区间 21% 至 50%，"
        "已校准）；左侧 10%（95% 区间 4% 至 20%，未校准）。"
        "专家编码器：RCC、LCC 由 convnext 分析；RMLO 由 clip 分析。"
        "缺少的体位：LMLO。"
        "未分析的图像：点压摄影 2 幅、假体在视野内 1 幅。"
        "因没有训练好的权重而不给出数值：risk。"
        "数值的依据（权重所附说明的英文原文）：“The numbers rest on nothing: this is a test.”。"
        "MammoVLM 0.1.0，预设 compact。"
        "仅供研究使用。不是医疗器械，未经批准，不得用于诊断。由软件生成，未经人工核实。"
    )


def test_an_untrained_head_gives_no_number_but_its_name() -> None:
    untrained = replace(
        findings(),
        density=None,
        breasts=(BreastFindings(Laterality.RIGHT, None, None, None),),
        not_available=("density", "presence", "suspicion"),
    )
    summary = explain(untrained, None).summary
    assert "Likelihood" not in summary
    assert "Breast density" not in summary
    assert "no trained weights: density, presence, suspicion" in summary


def test_the_patient_is_not_told_what_an_untrained_head_would_have_said() -> None:
    untrained = replace(
        findings(),
        density=None,
        breasts=(BreastFindings(Laterality.RIGHT, None, None, None),),
        missing=(HANGING_ORDER[1], HANGING_ORDER[3]),
    )
    text = explain(untrained, None).patient_text
    assert "could not tell how dense your breast tissue is" in text
    assert "There is no score for your right breast." in text
    assert "higher" not in text
