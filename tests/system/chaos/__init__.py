"""Faults on purpose: real programs are killed, cut off and starved while studies flow.

`campaign` runs it all, `accounting` says whether anything was lost or doubled; ``make chaos``.
"""
