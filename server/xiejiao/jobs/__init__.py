"""What is to be done later: rows with a due time and a progress, taken by the worker."""
