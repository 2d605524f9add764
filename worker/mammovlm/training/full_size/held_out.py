"""Which exams the stages at full size learn from, and which are kept for calibration and test."""

from dataclasses import dataclass

from mammovlm.errors import WeightsUnusable
from mammovlm.training.compact_run import CompactConfig
from mammovlm.training.full_size.stage_record import StageRecord


@dataclass(frozen=True)
class Split:
    """Rows of exams; no patient is in two of them.

    Parameters
    ----------
    training
        Every stage learns from them.
    validation
        Thresholds, temperature and calibration come from them.
    test
        Nothing is chosen on them.
    """

    training: range
    validation: range
    test: range


def split_of(count: int) -> Split:
    """Split exams of different patients, in the shares of `compact`; the same in every stage."""
    test = round(count * CompactConfig.test)
    validation = round(count * CompactConfig.validation)
    trained = count - validation - test
    return Split(
        range(trained), range(trained, trained + validation), range(trained + validation, count)
    )


def refuse_known(record: StageRecord, kept: set[int]) -> None:
    """Refuse networks that have learned from patients who were to be held out.

    Parameters
    ----------
    record
        Of a stage.
    kept
        Patients held out.

    Raises
    ------
    WeightsUnusable
        Where it has.
    """
    known = len(kept.intersection(record.patients))
    if known:
        raise WeightsUnusable(
            f"{record.stage} has learned from {known} of the {len(kept)} patients who are held "
            "out, so nothing could be calibrated or measured on them. Train all stages with the "
            "same exams (--phantoms, --first-seed)."
        )
