"""Reads of applications, members and their history."""
