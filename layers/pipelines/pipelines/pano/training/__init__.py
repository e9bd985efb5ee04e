"""Fitting and exporting the panoramic models; the only code here that needs torch."""
