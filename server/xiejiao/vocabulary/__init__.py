"""The words of the field: kinds of place, amenities and trades, each with a code and labels in Chinese and English."""
