"""Fitting and exporting the landmark model; the only code here that needs torch."""
