"""Query models behind servers: one transport, one dialect a protocol."""
