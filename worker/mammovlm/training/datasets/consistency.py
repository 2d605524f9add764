"""What rows of a manifest must not say against each other."""

from collections.abc import Iterator, Sequence

from mammovlm.training.datasets.rows import ManifestRow


def contradictions(rows: Sequence[ManifestRow]) -> Iterator[tuple[int, str]]:
    """Find rows that contradict an earlier one.

    Yields
    ------
    index
        Of the later row.
    problem
        Column and sentence, without any value: a file named twice, an exam of two patients, a
        patient in two splits (or in one split and in none).
    """
    files, patients, splits = dict[str, int](), dict[str, str](), dict[str, str]()
    for index, row in enumerate(rows):
        if files.setdefault(str(row.file), index) != index:
            yield index, "column file_path: an earlier row names the same file"
        if patients.setdefault(row.exam, row.patient) != row.patient:
            yield index, "column patient_id: an earlier row gives this exam to another patient"
        split = row.split or "no split"
        first = splits.setdefault(row.patient, split)
        if first != split:
            yield index, f"column split_group: an earlier row has this patient in {first}"
