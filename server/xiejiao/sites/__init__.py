"""Places one can walk into: finding the nearest that is open, and keeping what is known of each."""
