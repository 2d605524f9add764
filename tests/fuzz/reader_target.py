"""The reader with mutated files; now and then the objects of what it could read."""

from fuzz.dicom_corpus import GOOD, STUDY, corpus, good_file
from fuzz.dicom_mutations import mutated
from fuzz.study_results import objects_hold
from mammovlm.errors import StudyRejected
from mammovlm.imaging import ReadingLimits, read_study
from mammovlm.job import StoredInstance

_OBJECTS_EVERY = 20


def reader(seed: int) -> str:
    """Read a study of a good image and a mutated one; now and then write its objects as well."""
    bad = StoredInstance("bad", mutated(corpus(), seed))
    try:
        study = read_study(STUDY, [StoredInstance("good", good_file()), bad], (), ReadingLimits())
    except StudyRejected as rejected:
        return f"rejected: {rejected.reason}"
    if GOOD not in {view.source.sop_instance_uid for view in study.views}:
        raise AssertionError("the good image was lost")
    if seed % _OBJECTS_EVERY == 0:
        objects_hold(study)
    if len(study.views) > 1:
        return "read"
    return f"left out: {study.left_out[0].reason}" if study.left_out else "no image at all"
