"""One file a figure. Each takes what was computed and gives a `Figure`."""
