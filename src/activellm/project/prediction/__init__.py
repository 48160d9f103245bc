"""Labels for any number of rows: in blocks, by one worker or many, put together at the end."""
