"""``fernet train``: Train a network and leave it in a folder of its own."""
