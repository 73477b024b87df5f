"""A request that a phone repeats is done once and answered alike each time."""
