"""The annotation page: a small server for one machine, and the page that it serves."""
