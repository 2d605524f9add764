"""The words in Chinese, as written in mainland China: patterns, phrasings, what is forbidden.

Plain words for the patient: at most forty characters a sentence, no numbers, no diagnosis, advice
or reassurance (dicom-and-field D.4). Views and categories have the names that radiologists in China
use for those of BI-RADS. No Chinese-speaking radiologist has reviewed the sentences yet.
"""

from collections.abc import Mapping
from typing import Final

from mammovlm.words.chinese_page import PAGE
from mammovlm.words.chinese_questions import ANSWER_PATTERNS, QUESTIONS
from mammovlm.words.chinese_refusal import REFUSAL
from mammovlm.words.report_words import Names, ReadableWords, ReportWords, SummaryWords
from mammovlm.words.sentences import Forbidden, Form, Sentences, Term, Unit
from mammovlm.words.shapes import Shape

_PATTERNS: Final = {
    Shape.LOOKED: (
        "{program}{looked}您{sides}的{pictures}",
        "您{sides}的{pictures}已由{program}读过",
    ),
    Shape.MISSING_ONE: ("缺少您{sides}{views}", "这次没有您{sides}{views}"),
    Shape.MISSING_SEVERAL: ("缺少您{sides}{views}", "这次没有您{sides}{views}"),
    Shape.MISSING_ON_BOTH_SIDES: ("缺少您{sides}{views}，以及{sides_2}{views_2}",),
    Shape.DENSITY: (
        "{it}{found}您的乳腺组织{density}",
        "您的乳腺组织{density}",
        "您的乳腺组织看起来{density}",
        "从{these_pictures}看，您的乳腺组织{density}",
    ),
    Shape.DENSITY_UNKNOWN: ("{it}无法判断您的乳腺组织有多致密", "这次无法判断您的乳腺组织有多致密"),
    Shape.SCORE: ("您{sides}的{score}{range}", "就您{sides}而言，{score}{range}"),
    Shape.SCORE_TWO: ("您{sides}的{score}{range}，{sides_2}的{score}{range_2}",),
    Shape.NO_SCORE: ("您{sides}没有评分", "{it}没有给出您{sides}的评分"),
    Shape.MEANING: (
        "评分较高，表示医生可能要看得更仔细",
        "评分较高时，医生可能要看得更仔细",
        "评分越高，医生可能要看得越仔细",
    ),
    Shape.LIMIT: ("{it}可能会出错", "{it}也会出错", "{it}有可能出错"),
    Shape.READER: (
        "只有医生才能说明{these_pictures}的含义",
        "{these_pictures}的含义要由医生来说明",
        "医生会看{these_pictures}，并说明其含义",
    ),
}

_TERMS: Final[Mapping[Term, Mapping[str, tuple[str, ...]]]] = {
    Term.SIDES: {
        "R": ("右侧乳房", "右边乳房"),
        "L": ("左侧乳房", "左边乳房"),
        "RL": ("双侧乳房", "两侧乳房", "左右两侧乳房"),
    },
    Term.VIEWS: {
        "CC": ("从上往下拍的片子", "从上方拍的片子"),
        "MLO": ("从侧面斜着拍的片子", "从侧面拍的片子"),
        "CCMLO": ("两个方向的片子", "上方和侧面的片子"),
    },
    Term.DENSITY: {
        "A": ("几乎全是脂肪", "差不多全是脂肪"),
        "B": ("大部分是脂肪，有些地方致密", "大部分是脂肪，少数地方致密"),
        "C": ("有很多地方致密", "有许多地方致密"),
        "D": ("非常致密", "几乎处处都很致密"),
    },
    Term.RANGE: {
        "lower": ("处于较低的范围", "在较低的范围内", "偏低"),
        "middle": ("处于中间的范围", "在中间的范围内", "居中"),
        "higher": ("处于较高的范围", "在较高的范围内", "偏高"),
    },
}

_SYNONYMS: Final = {
    "program": ("计算机程序", "电脑程序"),
    "looked": ("查看了", "看了", "已经看过"),
    "pictures": ("X光片", "X光图像"),
    "it": ("程序", "计算机", "电脑"),
    "found": ("看到", "看出"),
    "these_pictures": ("这些片子", "这些X光片", "您的X光片"),
    "score": ("评分",),
}

_FORBIDDEN: Final = {
    Forbidden.NUMBER: (
        r"[0-9０-９%％‰]|百分|[零〇二三四五六七八九十百千万亿]|[一几半]成|一半|概率|几率|机率|"
        r"可能性|风险|机会"
    ),
    Forbidden.PROMPT_ECHO: (
        r"<\||\|>|\b(im_start|im_end|assistant|system|user|prompt)\b|提示词|指令|助手|系统|用户|"
        r"患者|病人|语言模型|事实|[:：]|[rl]-?(cc|mlo)"
    ),
    Forbidden.DIAGNOSIS: (
        r"癌|瘤|恶性|良性|肿块|包块|硬块|结节|囊肿|钙化|增生|病变|病灶|疾病|患病|生病|有病|诊断|"
        r"确诊|异常|可疑|怀疑|阳性|阴性|转移|bi-?rads|分类|分级"
    ),
    Forbidden.REASSURANCE: (
        r"放心|担心|担忧|害怕|别怕|不用|不必|无需|无须|没事|没问题|没有问题|没有大碍|无大碍|正常|"
        r"健康|安全|安心|平安|良好|很好|不错|肯定|一定|保证|确定|排除|没有发现|未发现|未见"
    ),
    Forbidden.ADVICE: (
        r"应该|应当|必须|需要|建议|推荐|务必|最好|请|活检|穿刺|手术|治疗|用药|吃药|服药|药物|超声|"
        r"B超|磁共振|核磁|复查|复诊|随访|随诊|检查|筛查|就诊|就医|去医院|看医生|咨询|询问|联系|"
        r"预约|电话"
    ),
}

_NOTES: Final = (
    (r"No part of the model is trained\.", "模型没有任何部分经过训练。"),
    (r"The density categories rest on (.+?)\. ?", r"密度类别所依据的训练数据为\1。"),
    (
        r"The likelihoods of a finding and of BI-RADS 4 against 3 were trained on (.+?) only and "
        r"never on a patient's finding",
        r"存在发现的可能性以及 BI-RADS 4 类相对于 3 类的可能性仅用\1训练，从未用过患者的病变",
    ),
    (
        r"The likelihoods of a finding and of BI-RADS 4 against 3 were trained on (.+?) only and "
        r"never on a patient",
        r"存在发现的可能性以及 BI-RADS 4 类相对于 3 类的可能性仅用\1训练，从未用过患者数据",
    ),
    (
        r"; on phantoms held out their AUC was ([\d.]+) \(([\d.]+) to ([\d.]+)\) and ([\d.]+) "
        r"\(([\d.]+) to ([\d.]+)\)",
        r"；在留出的体模上 AUC 分别为 \1（\2–\3）和 \4（\5–\6）",
    ),
    (
        r"(?:\. On|: on) real images they show that the method runs, and no more\. ?",
        "。在真实图像上，它们只表明方法能够运行，仅此而已。",
    ),
    (r"Research use only, not for clinical use\.", "仅供研究使用，不得用于临床。"),
    (r"(\d+) women's films \(mini-MIAS\)", r" \1 名女性的胶片（MIAS 精简版）"),
    (r"(\d+) in-silico images \(M-SYNTH\)", r" \1 幅计算机模拟图像（M-SYNTH）"),
    (
        r"(\d+) hybrids \(simulated lesions in normal films of (\d+) women, mini-MIAS\)",
        r" \1 例混合图像（在 \2 名女性的正常胶片（MIAS 精简版）中加入模拟病变）",
    ),
    (r"(\d+) simulated exams \(phantoms\)", r" \1 例模拟检查（数字体模）"),
    (r"simulated exams \(phantoms\)", "模拟检查（数字体模）"),
    (r"(?: and |, ) ?", "、"),
)

_NAMES: Final = Names(
    sides={"R": "右侧", "L": "左侧"},
    views={"CC": "头尾位", "MLO": "内外斜位"},
    heads={"density": "乳腺密度", "presence": "是否存在发现", "suspicion": "4 类相对于 3 类"},
    reasons={
        "not-dicom": "非 DICOM 文件",
        "not-mammography": "非乳腺 X 线图像",
        "own-result": "本软件自己的结果",
        "tomosynthesis": "断层合成图像",
        "magnification": "放大摄影",
        "spot-compression": "点压摄影",
        "specimen": "标本摄影",
        "stereo-biopsy": "立体定位活检图像",
        "quality-control": "质量控制图像",
        "special-view": "特殊体位",
        "laterality-unknown": "侧别不明",
        "view-unknown": "体位不明",
        "for-processing-twin": "同一图像的待处理版本",
        "implant-in-view": "假体在视野内",
        "repeated": "重复拍摄",
        "attribute-missing": "缺少属性",
        "transfer-syntax-unknown": "传输语法不明",
        "pixels-missing": "缺少像素数据",
        "pixels-unreadable": "像素数据无法读取",
        "size-refused": "尺寸超出限制",
        "no-breast-found": "未找到乳房区域",
    },
    notes=_NOTES,
    comma="，",
    enumeration="、",
    semicolon="；",
)

_SUMMARY: Final = SummaryWords(
    density="乳腺密度：BI-RADS {category} 类（概率 {probability}%）{breasts}。",
    density_of_breast="{side} {category} 类（{probability}%）",
    density_sentences={
        "A": "乳腺组织几乎全部为脂肪组织。",
        "B": "乳腺内有散在的纤维腺体密度。",
        "C": "乳腺呈不均匀致密，可能掩盖小肿块。",
        "D": "乳腺极度致密，会降低乳腺 X 线摄影的敏感性。",
    },
    presence="存在需要评估的发现的可能性（BI-RADS 3 类及以上，相对于 1 类和 2 类）：{items}。",
    suspicion="在有发现的前提下，BI-RADS 4 类及以上相对于 3 类的可能性：{items}。",
    likelihood="{side} {value}%（95% 区间 {low}% 至 {high}%，{calibration}）",
    calibrated="已校准",
    not_calibrated="未校准",
    experts="专家编码器：{items}。",
    expert="{views} 由 {expert} 分析",
    missing="缺少的体位：{items}。",
    left_out="未分析的图像：{items}。",
    left_out_item="{reason} {count} 幅",
    not_available="因没有训练好的权重而不给出数值：{items}。",
    identity="{name} {version}，预设 {preset}。",
    disclaimer="仅供研究使用。不是医疗器械，未经批准，不得用于诊断。由软件生成，未经人工核实。",
)

_INTERVAL: Final = (
    "不确定度的上下限是用重抽样的患者数据重新拟合输出头后所得结果的第 2.5 和第 97.5 百分位数。"
)

_REPORT: Final = ReportWords(
    presence_meaning=(
        f"存在需要评估的发现的可能性：BI-RADS 3 类及以上，相对于 1 类和 2 类。{_INTERVAL}"
    ),
    suspicion_meaning=(
        "在存在需要评估的发现的前提下，BI-RADS 4 类及以上相对于 3 类的可能性。"
        f"这不是患癌的概率。{_INTERVAL}"
    ),
    missing="缺少的体位：{slot}（{side}{view}）。",
    left_out="未分析（{reason}）：{uids}。",
    without_uid="没有 UID 的文件",
    not_trained="没有训练好的权重：{head}。不给出该数值。",
    no_number="{view} 由专家编码器 {expert} 分析；不单独给出该图像的数值。",
    by_model="语言模型",
    by_template="固定模板（语言模型只针对英文调校，未用于中文）",
    origin="给患者的说明由{words}写成（{reading}）。它是草稿，须经医师审核后才能给患者看。",
    reading="平均每句 {characters:.1f} 字；中文没有公认的阅读年级公式",
    refused="语言模型的文字未被采用：{reason}。",
    note="数值的依据（权重所附说明的英文原文）：“{note}”。",
    disclaimer=(
        "研究用软件。未作为医疗器械获得批准，不得单独用于诊断。本结果由计算机生成，未经任何人核实。"
        "它供阅片医师参考，不能代替阅片。其中的可能性不是患癌的概率。"
    ),
)

_READABLE: Final = ReadableWords(
    title="MammoVLM 结果 - 不得单独用于诊断 - NOT FOR DIAGNOSTIC USE ALONE",
    study="检查",
    report_uid="报告",
    made="生成时间",
    status="状态",
    processing="处理",
    follows="前一报告",
    images="图像",
    density="乳腺密度（ACR BI-RADS 第五版）",
    presence="是否存在需要评估的发现（3 类及以上，相对于 1 类和 2 类）",
    suspicion="若有：4 类及以上相对于 3 类",
    suggestion="AI 提示",
    views="各体位",
    limits="本结果的局限",
    summary="给放射科医师的摘要",
    patient="给患者的说明（草稿，未经审核）",
    algorithm="算法",
    device_uid="设备 UID",
    overall="总体",
    sides={"R": "右侧", "L": "左侧", "RL": "双侧"},
    densities={"A": "几乎全部为脂肪", "B": "散在纤维腺体密度", "C": "不均匀致密", "D": "极度致密"},
    categories={"3": "3 类 - 可能良性", "4": "4 类 - 可疑"},
    statuses={
        "111241": "所有算法均成功；无发现",
        "111242": "所有算法均成功；有发现",
        "111243": "并非所有算法均成功；无发现",
        "111244": "并非所有算法均成功；有发现",
        "111245": "没有算法成功；无发现",
    },
    interval="（95% 区间 {low:5.1f} 至 {high:5.1f} %）",
    suggested="{category}（仅为提示，不是评估结论）",
    not_suggested="无：各区间未全部越过阈值",
    expert="专家 {expert}",
    density_of_view="密度 {category}（{probability:.1f} %）",
    suspicion_of_view="4 类相对于 3 类：{value:.1f} %",
    regions="标记的区域（原始评分，不是概率）",
    region="{kind}，依据 {evidence:.1f} %，4 类相对于 3 类 {suspicion:.1f} %；行 {row:.0f}，"
    "列 {column:.0f}，{height:.0f} × {width:.0f} 像素",
    kinds=("肿块", "钙化", "不对称", "结构扭曲", "类型未定"),
)

CHINESE: Final = Sentences(
    language="zh-CN",
    name="Chinese (China)",
    latin_1=False,
    us_density_law=False,
    form=Form(
        letters=r"[\u4e00-\u9fffX，。]*",
        full_stop="。",
        unit=Unit.CHARACTERS,
        longest_text=200,
        longest_sentence=40,
    ),
    patterns={**_PATTERNS, **ANSWER_PATTERNS},
    terms=_TERMS,
    synonyms=_SYNONYMS,
    forbidden=_FORBIDDEN,
    names=_NAMES,
    summary=_SUMMARY,
    report=_REPORT,
    readable=_READABLE,
    page=PAGE,
    refusal=REFUSAL,
    questions=QUESTIONS,
)
