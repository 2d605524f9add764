"""Measurements of the model on whatever device is there, without Orthanc and queue."""
