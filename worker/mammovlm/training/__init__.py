"""Phantoms, data sets, training stages and evaluation; nothing but the command line imports it."""
