"""Figures as inline SVG, drawn without any library."""
