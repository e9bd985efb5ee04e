"""Restorations: fillings, crowns and bridges, implants."""
