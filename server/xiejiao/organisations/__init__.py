"""The union tree: who answers for a place, and who stands beneath whom."""
