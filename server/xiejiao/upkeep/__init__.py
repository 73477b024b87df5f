"""Keeping what is known of places true: photos and posters so far."""
