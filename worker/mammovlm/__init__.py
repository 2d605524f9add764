"""MammoVLM: from a stored mammography study to DICOM results, the worker's side."""

__version__ = "0.1.0"
