"""Custom integrations; a package so that tests and linters find the one in it."""
