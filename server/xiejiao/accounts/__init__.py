"""Who you are: accounts, signing in, and who may do what where."""
