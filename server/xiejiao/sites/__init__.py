"""Places one can walk into: what they offer, when they are open, which is nearest."""
