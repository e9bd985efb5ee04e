"""Caries: from a film to outlines of lesions."""
