"""Keeping places true: rounds and changes of managers, votes of riders, tasks, photos, posters."""
