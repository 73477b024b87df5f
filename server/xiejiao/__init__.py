"""Xiejiao: finds outdoor workers the nearest rest station that will be open when they arrive."""

__version__ = "0.1.0"
