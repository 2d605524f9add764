"""Findings as a list of statements, each the content of one sentence, and the way back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality
from mammovlm.training.datasets.labels import Assessment
from mammovlm.training.reports.lexicon import FindingType, Source
from mammovlm.training.reports.schema import (
    FINDING_FIELDS,
    BreastDescription,
    Finding,
    StudyFindings,
)

Value: TypeAlias = StrEnum | str | int | None
Facts: TypeAlias = Mapping[str, Value]


class Kind(StrEnum):
    """What a statement is about."""

    EXAMINATION = "examination"
    COMPOSITION = "composition"
    FINDING = "finding"
    NO_FINDING = "no finding"
    FINDING_ASSESSMENT = "finding assessment"
    BREAST_ASSESSMENT = "breast assessment"
    OVERALL_ASSESSMENT = "overall assessment"
    MANAGEMENT = "management"


class ContradictoryStatements(ValueError):
    """Statements that cannot all be true of one exam, or do not make one up."""


@dataclass(frozen=True)
class Statement:
    """The content of one sentence.

    Parameters
    ----------
    kind
        What it is about.
    facts
        By name: fields of `Finding`, "side", "sides" ("R", "L" or "RL"), "number" of a finding
        within its breast from 1, "composition". None and absent are the same.
    """

    kind: Kind
    facts: Facts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Statement) and (self.kind, self.stated) == (
            other.kind,
            other.stated,
        )

    def __hash__(self) -> int:
        return hash((self.kind, tuple(sorted(self.stated.items()))))

    @property
    def stated(self) -> dict[str, Value]:
        """The facts that are not None."""
        return {name: value for name, value in self.facts.items() if value is not None}


def described(study: StudyFindings) -> Iterator[Statement]:
    """State what was examined and what is there to see: nothing of its assessment."""
    sides = "".join(breast.laterality for breast in study.breasts)
    yield Statement(Kind.EXAMINATION, {"sides": sides})
    if study.density is not None:
        yield Statement(Kind.COMPOSITION, {"composition": study.density})
    for breast in study.breasts:
        for finding in breast.findings:
            yield Statement(Kind.FINDING, finding_facts(finding, breast.laterality))
        if not breast.findings:
            yield Statement(Kind.NO_FINDING, {"side": breast.laterality})


def assessed(study: StudyFindings) -> Iterator[Statement]:
    """State the assessments, and what follows from them."""
    for breast in study.breasts:
        side = breast.laterality
        for number, finding in enumerate(breast.findings, 1):
            if finding.assessment:
                facts: Facts = {"side": side, "number": number, "assessment": finding.assessment}
                yield Statement(Kind.FINDING_ASSESSMENT, facts)
        if breast.assessment:
            facts = {"side": side, "assessment": breast.assessment}
            yield Statement(Kind.BREAST_ASSESSMENT, facts)
    if study.assessment:
        yield Statement(Kind.OVERALL_ASSESSMENT, {"assessment": study.assessment})
        yield Statement(Kind.MANAGEMENT, {"assessment": study.assessment.whole})


def finding_facts(finding: Finding, side: Laterality) -> Facts:
    """Give what the sentence on a finding says: all but its assessment and its source."""
    left_out = {"assessment", "source"}
    facts = {name: getattr(finding, name) for name in FINDING_FIELDS if name not in left_out}
    return {**facts, "side": side}


def assembled(statements: Sequence[Statement]) -> StudyFindings:
    """Make findings of statements; their source is the text.

    Raises
    ------
    ContradictoryStatements
        If statements exclude each other, one is missing, or a consequence does not follow.
    """
    sides = str(_only(statements, Kind.EXAMINATION, "sides"))
    density = _only(statements, Kind.COMPOSITION, "composition")
    try:
        study = StudyFindings(
            density=None if density is None else DensityCategory(str(density)),
            breasts=tuple(_breast(Laterality(side), statements) for side in sides),
        )
    except ValueError as error:
        raise ContradictoryStatements(str(error)) from error
    _check(study, statements)
    return study


def _breast(side: Laterality, statements: Sequence[Statement]) -> BreastDescription:
    own = [statement for statement in statements if statement.facts.get("side") == side]
    categories = {
        statement.facts["number"]: statement.facts["assessment"]
        for statement in own
        if statement.kind is Kind.FINDING_ASSESSMENT
    }
    told = [statement for statement in own if statement.kind is Kind.FINDING]
    return BreastDescription(
        laterality=side,
        findings=tuple(
            _finding(statement, categories.get(number)) for number, statement in enumerate(told, 1)
        ),
        assessment=_category(_only(own, Kind.BREAST_ASSESSMENT, "assessment")),
    )


def _finding(statement: Statement, category: Value) -> Finding:
    facts: dict[str, Any] = {k: v for k, v in statement.stated.items() if k != "side"}
    facts["type"] = FindingType(facts["type"])
    return Finding(**facts, assessment=_category(category), source=Source.TEXT)


def _category(value: Value) -> Assessment | None:
    return None if value is None else Assessment(str(value))


def _only(statements: Sequence[Statement], kind: Kind, name: str) -> Value:
    """Give the one value that all statements of a kind agree on; None where there are none."""
    values = {statement.facts[name] for statement in statements if statement.kind is kind}
    if len(values) > 1:
        raise ContradictoryStatements(f"{kind} is stated as {sorted(map(str, values))}")
    return values.pop() if values else None


def _check(study: StudyFindings, statements: Sequence[Statement]) -> None:
    """Refuse statements that the findings made of them would not state."""
    mine = {*described(study), *assessed(study)}
    if strange := sorted(str(one.kind) for one in statements if one not in mine):
        raise ContradictoryStatements(f"does not fit the other statements: {', '.join(strange)}")
