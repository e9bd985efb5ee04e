"""Faults from outside, against the real functions: what is lost, and how long recovery takes."""
