"""Budgets kept in rows of the database, so that all processes count together."""
