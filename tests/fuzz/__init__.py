"""Bad input on purpose: mutated DICOM files, headers, messages and requests; ``make fuzz``.

Every case ends in a result or a named refusal; it never crashes, hangs or keeps memory.
"""
