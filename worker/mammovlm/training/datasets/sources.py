"""The data sets that can be imported, by the name that the command line takes."""

from collections.abc import Mapping
from types import MappingProxyType

from mammovlm.training.datasets.cbis_ddsm import import_cbis_ddsm
from mammovlm.training.datasets.cmmd import import_cmmd
from mammovlm.training.datasets.dicom_folder import import_dicom_folder
from mammovlm.training.datasets.embed import import_embed
from mammovlm.training.datasets.imported import Importer
from mammovlm.training.datasets.inbreast import import_inbreast
from mammovlm.training.datasets.mini_mias import import_mini_mias
from mammovlm.training.datasets.rsna_2022 import import_rsna_2022
from mammovlm.training.datasets.vindr_mammo import import_vindr_mammo

IMPORTERS: Mapping[str, Importer] = MappingProxyType(
    {
        "cbis-ddsm": import_cbis_ddsm,
        "vindr-mammo": import_vindr_mammo,
        "inbreast": import_inbreast,
        "rsna-2022": import_rsna_2022,
        "cmmd": import_cmmd,
        "embed": import_embed,
        "mini-mias": import_mini_mias,
        "dicom-folder": import_dicom_folder,
    }
)
