"""Lateral cephalogram: 19 landmarks and the angles between them."""
