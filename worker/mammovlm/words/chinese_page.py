"""The labels of the one-page summary in Chinese."""

from typing import Final

from mammovlm.words.page_words import PageWords

PAGE: Final = PageWords(
    banner="仅供研究使用。计算机生成的草稿，未经任何人核实（UNVERIFIED）。",
    partial="不完整（PARTIAL）：并非全部内容都能分析。",
    patient="患者",
    patient_id="患者编号",
    born="出生日期",
    sex="性别",
    study_date="检查日期",
    accession="检查号",
    breast="乳房",
    density="密度（概率）",
    presence="有无需评估的发现（3 类及以上相对于 1、2 类）",
    suspicion="若有：4 类及以上相对于 3 类",
    suggestion="AI 提示（不是评估结论）",
    views="体位与专家编码器",
    none_missing="缺少的体位：无。",
    percent="{value:.1f}%",
    interval="95%：{low:.1f} 至 {high:.1f}",
    not_available="无数值",
    no_suggestion="无",
    cut="【为排入一页而截断；全文见结构化报告（如已存储）】",
)
