"""Xiejiao: finds outdoor workers the nearest rest station that will be open when they arrive."""
