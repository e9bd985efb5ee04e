"""Panoramic radiographs: teeth with their FDI numbers, and findings."""
