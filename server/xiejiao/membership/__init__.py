"""Joining a union: applications and their course, members, and the history that nobody can alter unseen."""
