"""The command line: one thin module a command over the library."""
