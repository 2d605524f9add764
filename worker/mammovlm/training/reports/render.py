"""Three renderers: the same findings as a radiologist's report, in plain words, as captions."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mammovlm.training.reports.lexicon import Source
from mammovlm.training.reports.phrasebook import Phrasebook, capitalised
from mammovlm.training.reports.schema import BreastDescription, Finding, StudyFindings
from mammovlm.training.reports.statements import Kind, Statement, assessed, described
from mammovlm.training.reports.words_caption import CAPTION
from mammovlm.training.reports.words_plain import PLAIN
from mammovlm.training.reports.words_radiology import RADIOLOGY


class Renderer(StrEnum):
    """For whom the text is written."""

    RADIOLOGY = "radiology"
    PLAIN = "plain"
    CAPTION = "caption"


@dataclass(frozen=True)
class Style:
    """What a renderer says, and in which words.

    Parameters
    ----------
    book
        Its words.
    finding
        Fields of a finding that it says, besides type and certainty.
    kinds
        Statements that it makes.
    whole_categories
        True where 4A, 4B and 4C are told as 4.
    """

    book: Phrasebook
    finding: frozenset[str]
    kinds: frozenset[Kind]
    whole_categories: bool = False


_DESCRIPTORS: Final = frozenset({"shape", "margin", "density", "morphology", "distribution"})
STYLES: Final = MappingProxyType(
    {
        Renderer.RADIOLOGY: Style(
            RADIOLOGY,
            _DESCRIPTORS | {"quadrant", "clock", "depth", "size_mm", "assessment"},
            frozenset(Kind),
        ),
        Renderer.PLAIN: Style(
            PLAIN,
            frozenset({"quadrant", "size_mm"}),
            frozenset(Kind) - {Kind.FINDING_ASSESSMENT, Kind.OVERALL_ASSESSMENT},
            whole_categories=True,
        ),
        Renderer.CAPTION: Style(
            CAPTION,
            _DESCRIPTORS | {"quadrant", "depth", "size_mm"},
            frozenset(
                {
                    Kind.EXAMINATION,
                    Kind.COMPOSITION,
                    Kind.FINDING,
                    Kind.NO_FINDING,
                    Kind.BREAST_ASSESSMENT,
                }
            ),
        ),
    }
)

SECTIONS: Final = (
    (("PROCEDURE", "EXAMINATION"), frozenset({Kind.EXAMINATION})),
    (("BREAST COMPOSITION", "COMPOSITION"), frozenset({Kind.COMPOSITION})),
    (("FINDINGS",), frozenset({Kind.FINDING, Kind.NO_FINDING})),
    (
        ("IMPRESSION", "ASSESSMENT"),
        frozenset({Kind.FINDING_ASSESSMENT, Kind.BREAST_ASSESSMENT})
        | {Kind.OVERALL_ASSESSMENT, Kind.MANAGEMENT},
    ),
)
"""Headings of the radiologist's report, and what stands below them."""


def render(study: StudyFindings, renderer: Renderer, seed: int = 0) -> str:
    """Write findings as a text.

    Parameters
    ----------
    study
        What to say; what the renderer does not carry is left out (see `carried`).
    renderer
        For whom.
    seed
        Chooses among synonyms. What is chosen for a statement depends on the seed and on the place
        of the statement alone, so an assessment changes no word of a description.
    """
    told = carried(study, renderer)
    if renderer is Renderer.RADIOLOGY:
        return "\n".join(_sections(told, seed))
    if renderer is Renderer.PLAIN:
        return " ".join(_sentences(told, renderer, seed))
    return "\n".join(_caption(told, breast, seed) for breast in told.breasts)


def carried(study: StudyFindings, renderer: Renderer) -> StudyFindings:
    """Give what a text of this renderer says of the findings, as `parse` reads it back.

    The source of every finding is then the text.
    """
    style = STYLES[renderer]

    def finding(one: Finding) -> Finding:
        said = {name: getattr(one, name) for name in style.finding}
        return Finding(type=one.type, certainty=one.certainty, source=Source.TEXT, **said)

    def breast(one: BreastDescription) -> BreastDescription:
        category = one.assessment
        if category and style.whole_categories:
            category = category.whole
        told = tuple(finding(each) for each in one.findings)
        return replace(one, findings=told, assessment=category)

    return replace(study, breasts=tuple(breast(one) for one in study.breasts))


def _statements(study: StudyFindings, style: Style) -> Iterator[Statement]:
    for statement in (*described(study), *assessed(study)):
        if statement.kind in style.kinds:
            yield statement


def _sentences(study: StudyFindings, renderer: Renderer, seed: int) -> Iterator[str]:
    style = STYLES[renderer]
    for place, statement in enumerate(_statements(study, style)):
        yield capitalised(style.book.worded(statement, _draw(seed, renderer, place))) + "."


def _sections(study: StudyFindings, seed: int) -> Iterator[str]:
    style = STYLES[Renderer.RADIOLOGY]
    sentences = list(_sentences(study, Renderer.RADIOLOGY, seed))
    kinds = [statement.kind for statement in _statements(study, style)]
    for headings, members in SECTIONS:
        own = [text for text, kind in zip(sentences, kinds, strict=True) if kind in members]
        if own:
            heading = _draw(seed, *headings).choice(headings)
            yield f"{heading}: {' '.join(own)}"


def _caption(study: StudyFindings, breast: BreastDescription, seed: int) -> str:
    """Say one breast in one sentence: "Side, density: finding; finding; category."."""
    style = STYLES[Renderer.CAPTION]
    alone = replace(study, breasts=(breast,))
    clauses = [
        style.book.worded(_of_caption(one), _draw(seed, breast.laterality, place))
        for place, one in enumerate(_statements(alone, style))
    ]
    before = 1 if study.density is None else 2
    return capitalised(f"{', '.join(clauses[:before])}: {'; '.join(clauses[before:])}.")


def _of_caption(statement: Statement) -> Statement:
    """Leave the side out of a clause: the caption has said it."""
    facts = {name: value for name, value in statement.facts.items() if name != "side"}
    return Statement(statement.kind, facts)


def _draw(*key: object) -> random.Random:
    return random.Random("/".join(map(str, key)))
