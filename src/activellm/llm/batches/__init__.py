"""Questions that may wait: handed in together, answered within a day, at half the price."""
