"""Data sets of others: a manifest of one row a view, imports from local copies, splits by patient.

No data set comes with this project and none is downloaded.
"""

from mammovlm.training.datasets.imported import DataSetUnreadable, Imported, PassedOver
from mammovlm.training.datasets.labels import Assessment, FindingType, Split, Truth
from mammovlm.training.datasets.manifest import ManifestInvalid, read_manifest, write_manifest
from mammovlm.training.datasets.overview import SplitOverview, missing_files, overview
from mammovlm.training.datasets.rows import ManifestRow, RowInvalid
from mammovlm.training.datasets.sources import IMPORTERS
from mammovlm.training.datasets.splits import Shares, split_by_patient

__all__ = [
    "IMPORTERS",
    "Assessment",
    "DataSetUnreadable",
    "FindingType",
    "Imported",
    "ManifestInvalid",
    "ManifestRow",
    "PassedOver",
    "RowInvalid",
    "Shares",
    "Split",
    "SplitOverview",
    "Truth",
    "missing_files",
    "overview",
    "read_manifest",
    "split_by_patient",
    "write_manifest",
]
