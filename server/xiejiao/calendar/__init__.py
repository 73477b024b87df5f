"""Days off and make-up workdays in China, as the State Council announces them year by year."""
