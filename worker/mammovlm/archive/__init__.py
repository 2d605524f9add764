"""Where studies come from and results go: DICOMweb, or a folder. Nothing is ever deleted."""

from mammovlm.archive.dicomweb import DicomWebArchive
from mammovlm.archive.folder import FolderArchive
from mammovlm.archive.found_studies import FoundStudies, find_studies
from mammovlm.archive.protocol import Archive

__all__ = ["Archive", "DicomWebArchive", "FolderArchive", "FoundStudies", "find_studies"]
