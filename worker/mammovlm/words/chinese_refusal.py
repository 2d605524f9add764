"""The words of a report without result in Chinese."""

from typing import Final

from mammovlm.words.refusal_words import RefusalWords

REFUSAL: Final = RefusalWords(
    reasons={
        "no-image-found": "归档中没有此检查的图像。请重新发送该检查。",
        "no-mammogram": "此检查不含乳腺 X 线图像（MG）。未作任何分析。",
        "no-standard-view": (
            "没有一幅图像是已知侧别的标准体位（CC 或 MLO）。请在设备上检查侧别和体位，更正后重新"
            "发送图像。"
        ),
        "no-readable-view": "标准体位的图像均无法读取。请从设备重新发送图像。",
        "several-patients": "此检查的图像标有不同的患者。请更正患者标识，然后重新发送图像。",
        "result-invalid": "结果未通过自身的校验，没有保存。这是软件的故障，请报告。",
    },
    detail="{reason}（说明：{detail}）",
    states={"rejected": "已拒绝", "failed": "失败"},
    status="状态：{state}。原因：{reason}。",
    nothing="未作任何分析：不给出密度，也不给出可能性。这并不说明乳房的情况。",
)
