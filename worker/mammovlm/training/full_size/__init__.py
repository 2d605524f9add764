"""Stages S0 to S2 at the paper's size, on one GPU or several: the losses are those of `compact`."""
