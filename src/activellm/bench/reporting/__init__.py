"""What an experiment found, in one page: figures, tables, and the data behind them."""
