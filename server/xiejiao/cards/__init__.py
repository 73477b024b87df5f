"""Members' cards: passes for their phones, the keys by which anybody checks them, and which have ended."""
