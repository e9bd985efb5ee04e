"""Teeth: from a film to outlines, each with evidence of its jaw and column."""
