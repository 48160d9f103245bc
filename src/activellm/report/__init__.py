"""The report: one HTML file that shows what was done, how good it is, and how to repeat it."""
