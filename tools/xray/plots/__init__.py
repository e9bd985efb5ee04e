"""Plots of an evaluation, as SVG: nothing but text is needed to draw them."""
