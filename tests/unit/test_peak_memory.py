"""Peaks of memory are a process's own, and can be begun anew."""

import subprocess
import sys
from dataclasses import replace

import torch

from mammovlm.model.peak_memory import begin_peaks, device_peak_gib, resident_peak_gib
from mammovlm.training.dry_run import dry_run
from mammovlm.training.full_size.sizes import sizes_of
from mammovlm.training.full_size.steps import new_accelerator

CPU, GIB = torch.device("cpu"), 2**30


def test_a_peak_that_is_begun_anew_forgets_what_was_freed() -> None:
    begin_peaks(CPU)  # other tests of this process may have needed more
    before = resident_peak_gib()
    block = torch.ones(GIB // 16)  # 256 MiB
    with_block = resident_peak_gib()
    del block
    begin_peaks(CPU)
    assert with_block > before
    assert resident_peak_gib() < with_block - 0.2
    assert device_peak_gib(CPU) == 0


def test_a_process_does_not_inherit_the_peak_of_the_one_that_starts_it() -> None:
    block = torch.ones(GIB // 16)
    code = "from pathlib import Path; print(Path('/proc/self/status').read_text())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    (line,) = (line for line in told.stdout.splitlines() if line.startswith("VmHWM"))
    assert int(line.split()[1]) * 2**10 < block.nbytes


def test_a_stage_of_a_dry_run_counts_no_memory_of_what_ran_before_it() -> None:
    block = torch.ones(GIB // 4)
    with_block = resident_peak_gib()
    del block
    plan = replace(sizes_of("tiny").plans["S0"], batch=2, at_once=2)
    run = dry_run("S0", "tiny", plan, 1, new_accelerator("no", cpu=True))
    assert run.memory_gib < with_block - 0.5
