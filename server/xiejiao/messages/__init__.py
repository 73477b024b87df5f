"""A destination and a text, written with what causes it and sent afterwards; knows no account."""
